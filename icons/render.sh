#!/bin/sh
# Renders every PNG of this folder from its SVG, and from these what Windows and macOS want. Needs rsvg-convert,
# convert and png2icns (Debian: librsvg2-bin, imagemagick, icnsutils).
set -eu
cd "$(dirname "$0")"
for size in 32 64 128 256 512; do
    rsvg-convert -w "$size" -h "$size" hark.svg -o "hark-$size.png"
done
# Windows: drawn anew for the small sizes, where a picture that is scaled blurs.
small=$(mktemp -d)
trap 'rm -r "$small"' EXIT
for size in 16 20 24 40 48; do
    rsvg-convert -w "$size" -h "$size" hark.svg -o "$small/$size.png"
done
convert "$small/16.png" "$small/20.png" "$small/24.png" hark-32.png "$small/40.png" "$small/48.png" \
    hark-64.png hark-256.png hark.ico
rsvg-convert -w 164 -h 314 installer.svg -o "$small/installer.png"
# The installer knows no other format.
convert "$small/installer.png" -alpha off -type TrueColor BMP3:installer.bmp
png2icns hark.icns "$small/16.png" hark-32.png "$small/48.png" hark-128.png hark-256.png hark-512.png >/dev/null
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
# The menu bar of macOS takes the opacity alone, and 22 points at twice their size.
dot='<circle cx="39.5" cy="8.5" r="6.5" />'
for state in idle live silent trying needs-you paused; do
    state=tray/template/$state
    rsvg-convert -w 44 -h 44 "$state.svg" -o "$state.png"
    sed "s|</svg>|$dot</svg>|" "$state.svg" | rsvg-convert -w 44 -h 44 -o "$state-unread.png"
done
