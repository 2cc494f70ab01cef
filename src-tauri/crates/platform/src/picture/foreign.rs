//! A stranger's picture: which kind it is by its own first bytes, how large it says that it is before anything
//! of it is decoded, and its pixels, of its first frame alone. What it says of colours and cameras is not read.

use std::io::Cursor;

use hark_engine::pictures::{BYTES_MAX, PIXELS_MAX};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{Picture, scale};

/// Memory that one decoder may ask for, beside the pixels themselves. Bytes.
const MEMORY_MAX: usize = 64 << 20;
/// Passes of one picture that comes in several.
const PASSES_MAX: usize = 40;
/// The longest side that any of the kinds can have.
const SIDE_MAX: usize = 1 << 24;

/// Why there are no pixels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Undecodable {
    /// It is of no kind that is shown.
    #[error("it is neither PNG nor JPEG nor WebP")]
    Kind,
    /// It has more bytes than are looked at.
    #[error("it is larger than {} KiB", BYTES_MAX >> 10)]
    Bytes,
    /// It says that it has too many pixels, or none.
    #[error("it says that it has {0} × {1} pixels")]
    Size(usize, usize),
    /// It is not what its first bytes say.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

fn damaged(error: impl ToString) -> Undecodable {
    Undecodable::Damaged(error.to_string())
}

/// The pixels of a stranger's picture, made small.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, Undecodable> {
    if bytes.len() > BYTES_MAX {
        return Err(Undecodable::Bytes);
    }
    let (width, height, rgba) = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => png(bytes)?,
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes)?,
        _ => return Err(Undecodable::Kind),
    };
    scale::fitting(width, height, rgba).ok_or_else(|| damaged("its pixels are not complete"))
}

/// Whether a picture that says that it is so large may be decoded.
fn fits(width: usize, height: usize) -> Result<(u32, u32), Undecodable> {
    let pixels = (width as u64).saturating_mul(height as u64);
    let side = |side: usize| u32::try_from(side).ok();
    match (side(width), side(height)) {
        (Some(across), Some(down)) if (1..=PIXELS_MAX).contains(&pixels) => Ok((across, down)),
        _ => Err(Undecodable::Size(width, height)),
    }
}

type Pixels = (u32, u32, Vec<u8>);

fn png(bytes: &[u8]) -> Result<Pixels, Undecodable> {
    let limits = png::Limits { bytes: MEMORY_MAX };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let said = decoder.read_header_info().map_err(damaged)?;
    let (width, height) = fits(said.width as usize, said.height as usize)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader.output_buffer_size().ok_or_else(|| damaged("its size"))?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(damaged)?;
    pixels.truncate(info.buffer_size());
    let rgba = match info.color_type {
        png::ColorType::Rgba => pixels,
        png::ColorType::Rgb => opaque(&pixels),
        png::ColorType::GrayscaleAlpha => {
            pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect()
        }
        png::ColorType::Grayscale => pixels.iter().flat_map(|&p| [p, p, p, u8::MAX]).collect(),
        png::ColorType::Indexed => return Err(damaged("its palette")),
    };
    Ok((width, height, rgba))
}

fn jpeg(bytes: &[u8]) -> Result<Pixels, Undecodable> {
    let options = DecoderOptions::default()
        .set_max_width(SIDE_MAX)
        .set_max_height(SIDE_MAX)
        .jpeg_set_max_scans(PASSES_MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        // Else what is missing of a truncated one is made up.
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| damaged("its size"))?;
    let (width, height) = fits(width, height)?;
    let pixels = decoder.decode().map_err(damaged)?;
    Ok((width, height, opaque(&pixels)))
}

fn webp(bytes: &[u8]) -> Result<Pixels, Undecodable> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = fits(width as usize, height as usize)?;
    decoder.set_memory_limit(MEMORY_MAX);
    let size = decoder.output_buffer_size().ok_or_else(|| damaged("its size"))?;
    let mut pixels = vec![0; size];
    decoder.read_image(&mut pixels).map_err(damaged)?;
    Ok((width, height, if decoder.has_alpha() { pixels } else { opaque(&pixels) }))
}

fn opaque(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], u8::MAX]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 × 20 pixels each, red on the left and blue on the right; the animated ones go on in green.
    const GOOD: [(&str, &[u8]); 10] = [
        ("baseline", include_bytes!("fixtures/baseline.jpg")),
        ("progressive", include_bytes!("fixtures/progressive.jpg")),
        ("cmyk", include_bytes!("fixtures/cmyk.jpg")),
        ("grey", include_bytes!("fixtures/grey.jpg")),
        ("lossy", include_bytes!("fixtures/lossy.webp")),
        ("lossless", include_bytes!("fixtures/lossless.webp")),
        ("alpha", include_bytes!("fixtures/alpha.webp")),
        ("animated webp", include_bytes!("fixtures/animated.webp")),
        ("animated png", include_bytes!("fixtures/animated.png")),
        ("palette", include_bytes!("fixtures/palette.png")),
    ];

    /// A PNG of this size, of these pixels.
    fn encoded(
        (width, height): (u32, u32),
        kind: png::ColorType,
        depth: png::BitDepth,
        pixels: &[u8],
    ) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(kind);
        encoder.set_depth(depth);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        out
    }

    /// A PNG that says that it has this size, and has one pixel.
    fn lying(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = encoded((1, 1), png::ColorType::Rgb, png::BitDepth::Eight, &[1, 2, 3]);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum: u32, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
            })
        })
    }

    #[test]
    fn every_kind_that_is_shown_is_decoded_and_of_an_animation_the_first_frame() {
        for (name, bytes) in GOOD {
            let picture = decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((picture.width, picture.height), (40, 20), "{name}");
            let at = |x: usize| -> [u8; 4] {
                picture.rgba[(10 * 40 + x) * 4..][..4].try_into().unwrap()
            };
            let (left, right) = (at(5), at(35));
            if name == "grey" {
                assert!(
                    left[0] > right[0] + 10 && left[0] == left[1],
                    "{name}: {left:?} {right:?}"
                );
                continue;
            }
            assert!(left[0] > 150 && left[1] < 80 && left[2] < 80, "{name}: {left:?}");
            assert!(right[2] > 150 && right[1] < 80 && right[0] < 80, "{name}: {right:?}");
            let opacity = if name == "alpha" { 128 } else { 255 };
            assert_eq!((left[3], right[3]), (opacity, opacity), "{name}");
        }
    }

    #[test]
    fn each_form_of_a_png_is_decoded() {
        use png::{BitDepth, ColorType};
        let first = |kind, depth, pixels: &[u8]| {
            decode(&encoded((1, 1), kind, depth, pixels)).unwrap().rgba
        };
        assert_eq!(first(ColorType::Grayscale, BitDepth::One, &[0x80]), [255, 255, 255, 255]);
        assert_eq!(first(ColorType::Grayscale, BitDepth::Eight, &[7]), [7, 7, 7, 255]);
        assert_eq!(first(ColorType::Grayscale, BitDepth::Sixteen, &[7, 9]), [7, 7, 7, 255]);
        assert_eq!(first(ColorType::GrayscaleAlpha, BitDepth::Eight, &[7, 8]), [7, 7, 7, 8]);
        assert_eq!(first(ColorType::Rgb, BitDepth::Sixteen, &[1, 9, 2, 9, 3, 9]), [1, 2, 3, 255]);
        let rgba = [1, 9, 2, 9, 3, 9, 4, 9];
        assert_eq!(first(ColorType::Rgba, BitDepth::Sixteen, &rgba), [1, 2, 3, 4]);
    }

    #[test]
    fn one_that_says_that_it_is_too_large_is_not_decoded() {
        for (width, height) in
            [(50_000, 50_000), (2049, 2048), (1, (4 << 20) + 1), (0x7fff_ffff, 9)]
        {
            let said = decode(&lying(width, height)).unwrap_err();
            assert_eq!(said, Undecodable::Size(width as usize, height as usize));
        }
        // The place of a JPEG's size is behind its mark, that of a WebP's in its first chunk.
        let mut bytes = GOOD[0].1.to_vec();
        let at = bytes.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
        bytes[at + 5..at + 9].copy_from_slice(&[0xff; 4]);
        assert_eq!(decode(&bytes), Err(Undecodable::Size(65_535, 65_535)));
        let mut bytes = GOOD[7].1.to_vec();
        assert_eq!(&bytes[12..16], b"VP8X");
        bytes[24..30].copy_from_slice(&[0xff, 0x3f, 0, 0xff, 0x3f, 0]);
        assert_eq!(decode(&bytes), Err(Undecodable::Size(16_384, 16_384)));
    }

    #[test]
    fn one_that_is_almost_too_large_is_made_small() {
        let pixels = vec![9; 2048 * 2048];
        let bomb = encoded((2048, 2048), png::ColorType::Grayscale, png::BitDepth::Eight, &pixels);
        assert!(bomb.len() < 64 << 10, "it is {} bytes", bomb.len());
        let picture = decode(&bomb).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgba.len()), (256, 256, 256 << 10));
    }

    #[test]
    fn what_is_no_picture_of_these_kinds_is_none() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://10.0.0.1/'/></svg>";
        let long = [GOOD[0].1, &vec![0; BYTES_MAX]].concat();
        for (bytes, wanted) in [
            (&b""[..], Undecodable::Kind),
            (svg, Undecodable::Kind),
            (include_bytes!("fixtures/still.gif"), Undecodable::Kind),
            (b"<!doctype html>", Undecodable::Kind),
            (b"RIFF\0\0\0\0WAVE", Undecodable::Kind),
            (&long, Undecodable::Bytes),
            (&vec![0; BYTES_MAX + 1], Undecodable::Bytes),
        ] {
            assert_eq!(decode(bytes), Err(wanted));
        }
        assert_eq!(decode(&vec![0; BYTES_MAX]), Err(Undecodable::Kind));
    }

    #[test]
    fn one_that_is_cut_off_or_damaged_is_none_and_never_a_panic() {
        for (name, bytes) in GOOD {
            // What is complete but for its end may be shown, and so may a first frame.
            let is_cut = |length: &usize| length + 20 < bytes.len() && !name.contains("animated");
            for length in (0..bytes.len()).step_by(3).filter(is_cut) {
                assert!(decode(&bytes[..length]).is_err(), "{name} {length}");
            }
            for place in 0..bytes.len() {
                let mut bytes = bytes.to_vec();
                bytes[place] ^= 0x95;
                if let Ok(picture) = decode(&bytes) {
                    let pixels = usize::try_from(picture.width * picture.height).unwrap();
                    assert_eq!(picture.rgba.len(), pixels * 4);
                }
            }
        }
    }
}
