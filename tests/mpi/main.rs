//! Training on several processes. Each test lets `mpirun` start this very program, whose ignored test `rank` does then what
//! the test asks for; needs Open MPI, and the feature `mpi`.

mod ranks;
#[path = "../support/mod.rs"]
mod support;
mod work;

use std::time::{Duration, Instant};

use ranks::{Run, example, run};
use support::difference::largest_difference;

/// Weights after 12 steps, of which dropout, clipping, tied weights, and 7 rows that no number of ranks divides are a part.
fn trained(ranks: usize, options: &str) -> Vec<f32> {
    run(ranks, "train", options).shown().weights()
}

#[test]
fn two_and_four_ranks_give_what_one_process_gives() {
    let alone = run(0, "train", "").shown().weights(); // without mpirun
    assert_eq!(alone, trained(1, ""), "one rank is one process");
    for ranks in [2, 3, 4] {
        let difference = largest_difference(&alone, &trained(ranks, ""));
        assert!(difference < 1e-5, "{ranks} ranks: {difference:e}");
        println!("{ranks} ranks beside one process: {difference:e}");
    }
}

#[test]
fn runs_with_as_many_ranks_give_the_same_bits() {
    for ranks in [2, 4] {
        let first = trained(ranks, "");
        assert_eq!(first, trained(ranks, ""), "{ranks} ranks");
        assert_eq!(first, trained(ranks, "after"), "{ranks} ranks: when gradients travel changes nothing");
    }
}

#[test]
fn a_divided_optimizer_gives_the_same_bits_and_remembers_a_share() {
    for ranks in [2, 3] {
        let (whole, divided) = (run(ranks, "train", "").shown(), run(ranks, "train", "divide").shown());
        assert_eq!(whole.weights(), divided.weights(), "{ranks} ranks");
        assert_eq!(whole.bytes("state"), divided.bytes("state"), "{ranks} ranks");
        let share = whole.number("remembered") / divided.number("remembered");
        assert!((share / ranks as f64 - 1.0).abs() < 0.01, "{share} on {ranks} ranks");
    }
}

#[test]
fn training_goes_on_with_other_numbers_of_ranks() {
    let through = trained(1, "");
    let interrupted = run(4, "train", "divide,stop=5").shown();
    for (ranks, options) in [(1, "resume"), (2, "resume"), (3, "resume,divide")] {
        let resumed = interrupted.go_on(ranks, options).shown().weights();
        let difference = largest_difference(&through, &resumed);
        assert!(difference < 1e-5, "{ranks} ranks: {difference:e}");
    }
}

#[test]
fn a_trainer_on_several_ranks_gives_what_one_gives() {
    let alone = run(0, "trainer", "").shown();
    for (ranks, options) in [(2, ""), (3, ""), (4, "divide"), (2, "tape"), (2, "after")] {
        let together = run(ranks, "trainer", options).shown();
        let weights = largest_difference(&alone.weights(), &together.weights());
        let loss = (alone.number("loss") - together.number("loss")).abs();
        assert!(weights < 1e-5 && loss < 1e-5, "{ranks} ranks, {options}: {weights:e}, {loss:e}");
    }
}

#[test]
fn a_trainer_goes_on_on_another_number_of_ranks() {
    let through = run(0, "trainer", "").shown().weights();
    let interrupted = run(4, "trainer", "divide,keep,stop").shown();
    let resumed = interrupted.again(2, "trainer", "keep").shown();
    assert_eq!(resumed.number("resumed"), 3.0);
    let difference = largest_difference(&through, &resumed.weights());
    assert!(difference < 1e-5, "{difference:e}");
}

#[test]
fn gradients_that_change_late_are_exchanged_again() {
    run(2, "late", "").shown();
}

#[test]
fn a_network_that_runs_twice_waits_for_its_last_gradient() {
    run(2, "twice", "").shown();
}

#[test]
fn weights_out_of_order_run_by_dfdx_and_are_averaged_too() {
    run(2, "composed", "").shown();
}

#[test]
fn what_can_not_be_shared_is_told() {
    run(2, "refuse", "").shown();
}

#[test]
fn the_example_learns_the_same_on_two_ranks() {
    let small = ["--quick", "--steps", "4", "--global-batch", "3"];
    let alone = example(0, &small).shown();
    let two = example(2, &[&small[..], &["--divide"]].concat()).shown();
    assert_eq!(two.number("ranks"), 2.0);
    assert!(two.number("early_buckets") > 0.0);
    for loss in ["training_loss", "validation_loss"] {
        let difference = (alone.number(loss) - two.number(loss)).abs();
        assert!(difference < 1e-4, "{loss}: {difference}");
    }
    let refused = example(2, &["--quick", "--global-batch", "1"]);
    assert!(!refused.ended_well);
    let sentence = "error: rank 0 of 2: 1 rows can't be shared out among 2 ranks: each needs at least one; all ranks end";
    assert!(refused.said.contains(sentence), "{}", refused.said);
}

/// In all these rank 1 of 3 fails in the fourth step, while the others go on.
#[test]
fn a_rank_that_fails_ends_all() {
    for (how, sentence) in [
        ("error", "error: rank 1 of 3: the disk is full; all ranks end"),
        ("panic", "error: rank 1 of 3 panicked; all ranks end"),
        ("leave", "error: rank 1 of 3 left before `World::end`; all ranks end"),
        ("kill", "process rank 1"), // mpirun's own
    ] {
        let began = Instant::now();
        let Run { ended_well, ref said, .. } = run(3, "fail", how);
        assert!(!ended_well, "{how}: {said}");
        assert!(said.contains(sentence), "{how}: {said}");
        assert!(began.elapsed() < Duration::from_secs(60), "{how}");
    }
}

/// What a rank does; `mpirun` starts it.
#[test]
#[ignore = "a rank of another test"]
fn rank() {
    work::rank();
}
