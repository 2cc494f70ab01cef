#!/bin/sh
# Renders every PNG of this folder from its SVG. Needs rsvg-convert (Debian: librsvg2-bin).
set -eu
cd "$(dirname "$0")"
for size in 32 64 128 256 512; do
    rsvg-convert -w "$size" -h "$size" hark.svg -o "hark-$size.png"
done
# The mark that there is something to read: a dot on the upper corner.
dot='<circle cx="38.5" cy="9.5" r="8" fill="#ff5d5d" stroke="#fff" stroke-width="2.5" />'
for state in idle live silent trying needs-you paused; do
    # 22 and 48 are for Linux; 16, 20 and 24 for the taskbar of Windows, whose icons are that small.
    for size in 16 20 22 24 32 48; do
        rsvg-convert -w "$size" -h "$size" "tray/$state.svg" -o "tray/$state-$size.png"
        sed "s|</svg>|$dot</svg>|" "tray/$state.svg" |
            rsvg-convert -w "$size" -h "$size" -o "tray/$state-unread-$size.png"
    done
done
