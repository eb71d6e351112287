use tensor_core::prelude::*;
use tensor_core::search::{Index, Metric, cosine, dot, pairwise_cosine};

fn never_called(index: &mut Index<384>) {
    let narrow = [0.0; 100];
    let _ = index.search(&narrow, 10);
    let _ = index.search_batch(&[narrow, narrow], 10);
    let _ = index.push(&narrow, "a note");
    let query: Tensor<Rank1<128>, f32, Cpu> = Cpu::default().zeros();
    let _ = index.search(&query, 10);
    let queries: Tensor<(usize, Const<128>), f32, Cpu> = Cpu::default().zeros_like(&(5, Const));
    let _ = index.search_batch(&queries, 10);
}

fn nor_this() {
    let _ = dot(&[1.0, 2.0], &[1.0, 2.0, 3.0]);
    let _ = cosine(&[1.0, 2.0], &[1.0, 2.0, 3.0]);
    let _ = pairwise_cosine(&[[1.0, 2.0]], &[[1.0, 2.0, 3.0]]);
}

fn main() {
    let _ = Index::<3>::new(Metric::Cosine);
}
