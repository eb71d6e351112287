//! The example `lora_minilm`: a published encoder learns a new task by adapters.

use crate::support::example::{Scratch, fetched, number, refused, run, shown};

#[test]
fn what_is_not_fetched_is_named_with_its_script() {
    let said = refused(&run("lora_minilm", &["--model", "no/such/folder"]));
    assert!(said.contains("python3 examples/data/fetch_minilm.py"), "{said}");
}

#[test]
fn an_adapter_comes_back_bit_for_bit() {
    if fetched("minilm/model.safetensors", "fetch_minilm.py").is_none() {
        return;
    }
    let folder = Scratch::new();
    let shown = shown(&run("lora_minilm", &["--quick", "--epochs", "1", "--output", folder.text()]));
    assert_eq!(number(&shown, "scores_that_differ"), 0.0, "{shown}");
    assert_eq!(number(&shown, "matrices_kept"), 12.0, "{shown}");
    assert!(number(&shown, "trained_share") < 0.01, "{shown}");
    assert!(folder.join("adapter.safetensors").exists());
}
