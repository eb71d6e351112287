//! A training that is killed at random moments, again and again, ends with the same bits as one that is left alone.
//!
//! `KILLS=100 cargo test --test trainer -- killed` kills more often.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tensor_core::prelude::*;
use tensor_core::train::{Checkpoints, Every};

use crate::checkpoints::train;
use crate::nets::Small;
use crate::support::example::Scratch;

/// Tells the child which folder is its own.
const FOLDER: &str = "TRAINER_TEST_FOLDER";

/// What is started and killed: this test of the same program.
#[test]
#[ignore = "it is what the test below starts"]
fn child() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let mut net = Small::new(&Cpu::seed_from_u64(1));
    let checkpoints = Checkpoints::new(folder.join("checkpoints")).every(Every::Steps(2)).keep(2);
    let run = train(&mut net, Some(checkpoints), 1000).unwrap_or_else(|error| panic!("{error}"));
    let result = folder.join("result");
    fs::write(folder.join("resumed"), format!("{:?}", run.resumed)).unwrap();
    fs::write(folder.join("half"), net.save_bytes().unwrap()).unwrap();
    fs::rename(folder.join("half"), result).unwrap();
}

fn start(folder: &Scratch) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--ignored"])
        .env(FOLDER, &**folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn result(folder: &Scratch) -> Vec<u8> {
    fs::read(folder.join("result")).expect("the training ended")
}

#[test]
fn killed_at_random_moments_it_ends_with_the_same_bits() {
    let kills: usize = env::var("KILLS").map_or(10, |kills| kills.parse().expect("KILLS is a number"));
    let whole = Scratch::new();
    let started = Instant::now();
    assert!(start(&whole).wait().unwrap().success());
    let takes = started.elapsed();
    let expected = result(&whole);

    let mut random = 0x2545_f491_4f6c_dd1d_u64 ^ u64::from(std::process::id());
    let mut moment = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        takes.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64 * 0.6)
    };
    let (mut killed, mut ended) = (0, 0);
    let mut folder = Scratch::new();
    while killed < kills {
        let mut child = start(&folder);
        let until = Instant::now() + moment();
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(1));
        }
        match child.try_wait().unwrap() {
            None => {
                child.kill().unwrap(); // SIGKILL
                child.wait().unwrap();
                killed += 1;
            }
            Some(status) => {
                assert!(status.success());
                assert_eq!(result(&folder), expected, "after {killed} kills");
                (folder, ended) = (Scratch::new(), ended + 1);
            }
        }
    }
    assert!(start(&folder).wait().unwrap().success());
    assert_eq!(result(&folder), expected);
    println!(
        "{killed} kills, {} trainings ended, each with the same bits ({takes:.1?} without a kill)",
        ended + 1
    );
}

/// The disk is full: no file may have more than 4 kB. The training says so, and what was written before stays whole.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let folder = Scratch::new();
    let test = env::current_exe().unwrap();
    let limited = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact killed::child --ignored --nocapture"])
        .arg(test)
        .env(FOLDER, &*folder)
        .output()
        .unwrap();
    assert!(!limited.status.success());
    let said = String::from_utf8_lossy(&limited.stderr).into_owned();
    assert!(said.contains("can't write the checkpoint `") && said.contains("File too large"), "{said}");
    assert_eq!(fs::read_dir(folder.join("checkpoints")).unwrap().count(), 0);
}
