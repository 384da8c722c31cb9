//! Says how many primes there are up to a number, from a table that is made when the image is built.

use std::process::ExitCode;
use std::sync::OnceLock;

/// The numbers below this one are known.
const END: usize = 10_000_000;

/// The table has one entry for so many numbers.
const STEP: usize = 10_000;

/// How many primes there are up to each multiple of [`STEP`].
static TABLE: OnceLock<Vec<u32>> = OnceLock::new();

/// The sieve of Eratosthenes: a tenth of a second, and ten megabytes.
fn table() -> &'static [u32] {
    TABLE.get_or_init(|| {
        let (mut is_composite, mut count, mut table) = (vec![false; END], 0, vec![0]);
        for number in 2..END {
            if !is_composite[number] {
                count += 1;
                // Beyond the last number there are no multiples left, and the square may be none that this machine has.
                let first = number.checked_mul(number).unwrap_or(END);
                is_composite.iter_mut().skip(first).step_by(number).for_each(|composite| *composite = true);
            }
            if number % STEP == 0 {
                table.push(count);
            }
        }
        // What is zero takes no room in the image.
        is_composite.fill(false);
        std::hint::black_box(&is_composite);
        table
    })
}

/// Called when the image is built; what it leaves in memory is what the program begins with.
#[unsafe(export_name = "wizer-initialize")]
pub extern "C" fn initialize() {
    table();
}

fn main() -> ExitCode {
    for typed in std::env::args().skip(1) {
        let number = typed.parse::<usize>().ok();
        let Some((step, count)) = number.and_then(|number| Some((number / STEP, table().get(number / STEP)?))) else {
            eprintln!("primes: `{typed}` is no number below {END}");
            return ExitCode::FAILURE;
        };
        println!("{count} primes up to {}", step * STEP);
    }
    ExitCode::SUCCESS
}
