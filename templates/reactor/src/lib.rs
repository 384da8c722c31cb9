//! Number theory, as functions that a host calls.

/// The greatest number that divides both; 0 only if both are 0.
#[unsafe(no_mangle)]
pub extern "C" fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// 1 if the number is prime, 0 otherwise.
#[unsafe(no_mangle)]
pub extern "C" fn is_prime(number: u32) -> u32 {
    let number = u64::from(number);
    let has_divisor = (2..)
        .take_while(|divisor| divisor * divisor <= number)
        .any(|divisor| number % divisor == 0);
    u32::from(number > 1 && !has_divisor)
}

#[cfg(test)]
mod tests {
    use super::{gcd, is_prime};

    #[test]
    fn the_greatest_common_divisor_is_found() {
        assert_eq!(gcd(48, 36), 12);
        assert_eq!(gcd(7, 0), 7);
    }

    #[test]
    fn primes_are_told_from_others() {
        let primes: Vec<_> = (0..20).filter(|number| is_prime(*number) == 1).collect();
        assert_eq!(primes, [2, 3, 5, 7, 11, 13, 17, 19]);
        assert_eq!(is_prime(u32::MAX), 0);
    }
}
