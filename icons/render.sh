#!/bin/sh
# Renders every PNG of this folder from its SVG. Needs rsvg-convert (Debian: librsvg2-bin).
set -eu
cd "$(dirname "$0")"
for size in 32 64 128 256 512; do
    rsvg-convert -w "$size" -h "$size" hark.svg -o "hark-$size.png"
done
for state in idle connected silent trouble paused; do
    for size in 22 32 48; do
        rsvg-convert -w "$size" -h "$size" "tray/$state.svg" -o "tray/$state-$size.png"
    done
done
