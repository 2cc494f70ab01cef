//! Pictures as pixels, for desktops that want them so: Hark's own, which are built in, and those that came from
//! strangers ([`foreign`]), which are decoded in a process of their own ([`apart`]).

pub mod apart;
mod foreign;
mod scale;

/// A picture: four bytes a pixel, row by row: red, green, blue and how opaque it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// The pixels.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// One of ours: of a PNG with colours or greys, and transparency.
    pub(crate) fn of_png(png: &[u8]) -> Option<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::ALPHA | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().ok()?;
        let mut data = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut data).ok()?;
        data.truncate(info.buffer_size());
        let rgba = match info.color_type {
            png::ColorType::Rgba => data,
            png::ColorType::GrayscaleAlpha => {
                data.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect()
            }
            _ => return None,
        };
        let (width, height) = (i32::try_from(info.width).ok()?, i32::try_from(info.height).ok()?);
        Some(Self { width, height, rgba })
    }

    /// As a PNG of ours. None where its pixels are not as many as it says.
    #[must_use]
    pub fn to_png(&self) -> Option<Vec<u8>> {
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().ok()?.write_image_data(&self.rgba).ok()?;
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_survives_its_png_and_one_that_is_none_has_none() {
        let picture = Picture { width: 2, height: 1, rgba: vec![1, 2, 3, 4, 250, 251, 252, 255] };
        assert_eq!(Picture::of_png(&picture.to_png().unwrap()), Some(picture.clone()));
        assert_eq!(Picture { width: 3, ..picture.clone() }.to_png(), None);
        assert_eq!(Picture { width: -1, ..picture }.to_png(), None);
    }
}
