//! Scratch.
#![allow(warnings, clippy::all, clippy::pedantic)]
use std::time::*;
use wasmpack_optimizer::*;
fn main() {
    let p = Pipeline {
        level: Level::O0,
        keep: vec![],
        binaryen: Binaryen {
            executable: "x".into(),
            arguments: vec![],
            cores: None,
            time_limit: Duration::from_secs(900),
            scratch: std::env::temp_dir(),
        },
    };
    let mut x = 88172645463325252u64;
    let mut r = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    let (mut ok, mut bad, mut panicked, mut failed) = (0, 0, 0, 0);
    let t = Instant::now();
    let mut slow = Duration::ZERO;
    let files: Vec<Vec<u8>> = std::env::args().skip(1).map(|f| std::fs::read(f).unwrap()).collect();
    while t.elapsed() < Duration::from_secs(60) {
        let mut w = files[(r() % files.len() as u64) as usize].clone();
        for _ in 0..1 + r() % 4 {
            let head = if r() % 2 == 0 { w.len() } else { w.len().min(2000) };
            let i = (r() % head as u64) as usize;
            match r() % 4 {
                0 => w[i] = r() as u8,
                1 => w[i] ^= 1 << (r() % 8),
                2 => {
                    w.truncate(i.max(8));
                }
                _ => {
                    w[i] = [0, 0xff, 0x7f, 0x80][(r() % 4) as usize];
                }
            }
        }
        let s = Instant::now();
        match optimize(&w, &p) {
            Ok(o) => {
                ok += 1;
                for q in &o.report.passes {
                    if let Outcome::Failed { reason } = &q.outcome {
                        failed += 1;
                        println!("{} {reason}", q.name);
                        if reason.contains("panicked") {
                            panicked += 1;
                            std::fs::write(format!("/tmp/opt/panic{panicked}.wasm"), &w).unwrap();
                        }
                    }
                }
            }
            Err(e) => {
                bad += 1;
                e.hint();
            }
        }
        let _ = (sections(&w).is_ok(), imports(&w).is_ok(), exports(&w).is_ok(), Census::of(&w).is_ok());
        slow = slow.max(s.elapsed());
    }
    println!("ok {ok} bad {bad} failed {failed} panicked {panicked} slowest {slow:?}");
}
