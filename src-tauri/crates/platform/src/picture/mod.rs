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
}
