//! A picture made small: each of its pixels is the average of those that it stands for.

use super::Picture;

/// A picture on the screen has at most so many pixels on a side.
pub(super) const SIDE_MAX: u32 = 256;

/// Pixels of a picture of this size, four bytes each; made smaller where it is too large. None where they are
/// not as many as it says.
pub(super) fn fitting(width: u32, height: u32, rgba: Vec<u8>) -> Option<Picture> {
    let side = width.max(height);
    let pixels = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
    if pixels == 0 || rgba.len() != pixels.checked_mul(4)? {
        return None;
    }
    if side <= SIDE_MAX {
        return picture(width, height, rgba);
    }
    let small = |length: u32| {
        let small = u64::from(length) * u64::from(SIDE_MAX) / u64::from(side);
        u32::try_from(small).unwrap_or(SIDE_MAX).max(1)
    };
    let (across, down) = (small(width), small(height));
    let mut out = Vec::new();
    for y in 0..down {
        for x in 0..across {
            let columns = part(x, across, width);
            out.extend(average(&rgba, width as usize, columns, part(y, down, height)));
        }
    }
    picture(across, down, out)
}

/// Which of so many pixels this one of fewer stands for.
fn part(number: u32, of: u32, length: u32) -> std::ops::Range<usize> {
    let at = |number: u32| {
        let at = u64::from(number) * u64::from(length) / u64::from(of);
        usize::try_from(at).unwrap_or(usize::MAX)
    };
    at(number)..at(number + 1)
}

/// The average of a box of pixels. What cannot be seen has no colour.
fn average(
    rgba: &[u8],
    width: usize,
    columns: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
) -> [u8; 4] {
    let (mut sums, mut opacity, mut count) = ([0_u64; 3], 0_u64, 0_u64);
    for row in rows {
        let line = &rgba[(row * width + columns.start) * 4..(row * width + columns.end) * 4];
        for pixel in line.chunks_exact(4) {
            let opaque = u64::from(pixel[3]);
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(*value) * opaque;
            }
            opacity += opaque;
            count += 1;
        }
    }
    let byte = |sum: u64, of: u64| u8::try_from((sum + of / 2) / of.max(1)).unwrap_or(u8::MAX);
    let [red, green, blue] = sums.map(|sum| byte(sum, opacity));
    [red, green, blue, byte(opacity, count)]
}

fn picture(width: u32, height: u32, rgba: Vec<u8>) -> Option<Picture> {
    Some(Picture { width: width.try_into().ok()?, height: height.try_into().ok()?, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_stays_and_what_is_large_keeps_its_form() {
        for (width, height, wanted) in [
            (1, 1, (1, 1)),
            (256, 256, (256, 256)),
            (512, 256, (256, 128)),
            (300, 1000, (76, 256)),
            (4 << 20, 1, (256, 1)),
        ] {
            let rgba = [9, 8, 7, 255].repeat((width * height) as usize);
            let picture = fitting(width, height, rgba).unwrap();
            assert_eq!((picture.width, picture.height), wanted, "{width} × {height}");
            assert_eq!(picture.rgba.len() as i32, wanted.0 * wanted.1 * 4);
            assert!(picture.rgba.chunks(4).all(|pixel| pixel == [9, 8, 7, 255]));
        }
        assert_eq!(fitting(0, 4, Vec::new()), None);
        assert_eq!(fitting(2, 2, vec![0; 15]), None);
    }

    #[test]
    fn a_pixel_is_the_average_of_those_that_it_stands_for() {
        // Black and white by turns, beside what cannot be seen and would be red.
        let pair = [[0, 0, 0, 255], [200, 200, 200, 255]].concat();
        let picture = fitting(512, 1, pair.repeat(256)).unwrap();
        assert_eq!(picture.rgba[..4], [100, 100, 100, 255]);
        let pair = [[255, 0, 0, 0], [0, 0, 200, 200]].concat();
        let picture = fitting(512, 1, pair.repeat(256)).unwrap();
        assert_eq!(picture.rgba[..4], [0, 0, 200, 100]);
    }
}
