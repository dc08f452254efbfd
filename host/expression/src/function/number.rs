//! The text form of floating-point numbers, and the cost of parsing them.

/// Maximum digits of a number that never needs exact arithmetic. A longer number, or one with an exponent, may need it.
const PLAIN_DIGITS: usize = 15;
/// Steps for exact arithmetic: up to 12 µs near the smallest numbers.
const STEPS_PER_EXACT: usize = 320;

/// Returns the steps of parsing a number of at most some dozens of characters.
pub(in super::super) fn parse_steps(text: &str) -> usize {
    if is_plain(text) { 0 } else { STEPS_PER_EXACT }
}

/// Returns whether parsing a number never needs exact arithmetic.
pub(in super::super) fn is_plain(text: &str) -> bool {
    text.len() <= PLAIN_DIGITS && !text.contains(['e', 'E'])
}

/// Returns the shortest text that parses to the same number: plain digits between 1e-6 and 1e21, otherwise with an
/// exponent.
pub(in super::super) fn shortest_number(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    let mut buffer = zmij::Buffer::new();
    let written = buffer.format_finite(number.abs());
    let (mantissa, exponent) = written.split_once('e').unwrap_or((written, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0');
    // The power of ten of the first significant digit.
    let skipped = digits.len() - significant.len();
    let point = whole.len() as i32 - skipped as i32 + exponent.parse::<i32>().unwrap_or(0);
    let shown = place_point(significant.trim_end_matches('0'), point);
    if number.is_sign_negative() { format!("-{shown}") } else { shown }
}

/// Inserts the decimal point `point` digits after the beginning of `digits`.
fn place_point(digits: &str, point: i32) -> String {
    let Some((first, rest)) = digits.split_at_checked(1).filter(|(first, _)| !first.is_empty()) else {
        return "0".to_owned();
    };
    let zeros = |count: usize| "0".repeat(count);
    let places = point.unsigned_abs() as usize;
    match point {
        ..=-6 | 22.. => {
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{}", point - 1)
        }
        ..=0 => format!("0.{}{digits}", zeros(places)),
        _ => match digits.split_at_checked(places) {
            Some((whole, "")) => whole.to_owned(),
            Some((whole, fraction)) => format!("{whole}.{fraction}"),
            None => format!("{digits}{}", zeros(places - digits.len())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::shortest_number;

    /// Compares with the form of the standard library. The digits may differ if two shortest forms are equally near.
    fn check(number: f64) {
        let magnitude = number.abs();
        let is_plain = magnitude == 0.0 || (1e-6..1e21).contains(&magnitude);
        let expected = if is_plain { format!("{number}") } else { format!("{number:e}") };
        let shown = shortest_number(number);
        assert_eq!(shown.len(), expected.len(), "{shown} {expected}");
        assert_eq!(shown.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{shown} {expected}");
    }

    #[test]
    fn numbers_have_their_shortest_form() {
        let edges = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            1e-6,
            9.999e-7,
            1e-7,
            1e20,
            1e21,
            1e22,
            123_456_789.125,
            5e-324,
            f64::MAX,
            1e16,
            9_007_199_254_740_993.0,
            1.0e-5,
            0.000_012_34,
            2.5e20,
            100.0,
            120.0,
            999_999_999_999_999_900_000.0,
        ];
        edges.into_iter().for_each(check);
        assert_eq!(
            [0.1, 1e20, 1e21, 1e-7, -0.0].map(shortest_number),
            ["0.1", "100000000000000000000", "1e21", "1e-7", "-0"]
        );
        let mut bits = 1_u64;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = f64::from_bits(bits);
            let small = (bits >> 11) as f64 / 2_f64.powi((bits % 80) as i32);
            [number, small].into_iter().filter(|number| number.is_finite()).for_each(check);
        }
    }
}
