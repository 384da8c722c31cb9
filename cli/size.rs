//! Bytes as people read them.

use std::fmt;

/// A number of bytes, shown in decimal units: `873 B`, `24.2 kB`, `1.32 MB`, `5.37 GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            bytes @ 0..1_000 => format!("{bytes} B"),
            bytes @ 1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
            bytes @ 1_000_000..1_000_000_000 => format!("{:.2} MB", bytes as f64 / 1e6),
            bytes => format!("{:.2} GB", bytes as f64 / 1e9),
        };
        formatter.pad(&text)
    }
}

/// `a` as a share of `b`: `17.6 %`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
pub fn percent(a: u64, b: u64) -> String {
    format!("{:.1} %", if b == 0 { 100.0 } else { 100.0 * a as f64 / b as f64 })
}

/// `1323668` as `1,323,668`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What became of `old` bytes that are `new` bytes now: `+1,024`, `-7`.
#[must_use]
pub fn signed(old: u64, new: u64) -> String {
    format!("{}{}", if new < old { '-' } else { '+' }, grouped(new.abs_diff(old)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        let shown = [0, 999, 1_000, 24_217, 1_323_668].map(|bytes| Size(bytes).to_string());
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "24.2 kB", "1.32 MB"]);
        assert_eq!(percent(24_217, 137_917), "17.6 %");
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        let shown = [0, 999, 1_000, 1_323_668].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,323,668"]);
        assert_eq!([signed(1, 1_025), signed(10, 3), signed(5, 5)], ["+1,024", "-7", "+0"]);
    }
}
