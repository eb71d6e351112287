//! candle-transformers' BERT on the work of `benches/minilm.rs`: JSON lines on standard output.
use bench_util::Bench;
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{VarBuilder, VarMap};
use candle_transformers::models::bert::{BertModel, Config, HiddenAct};

fn main() -> Result<()> {
    let config = Config {
        vocab_size: 30522,
        hidden_size: 384,
        num_hidden_layers: 6,
        num_attention_heads: 12,
        intermediate_size: 1536,
        hidden_act: HiddenAct::Gelu,
        layer_norm_eps: 1e-12,
        ..Default::default()
    };
    let map = VarMap::new();
    BertModel::load(VarBuilder::from_varmap(&map, DType::F32, &Device::Cpu), &config)?;
    let vars = map.data().lock().unwrap();
    let plain = vars.iter().map(|(name, var)| (name.clone(), var.as_detached_tensor())).collect();
    let net = BertModel::load(VarBuilder::from_tensors(plain, DType::F32, &Device::Cpu), &config)?;
    let bench = Bench::new("candle 0.11.1");
    for (batch, tokens) in [(1, 16), (1, 128), (32, 16), (32, 128)] {
        let ids: Vec<u32> = (0..batch * tokens).map(|i| 1000 + i * 7919 % 29_000).collect();
        let shape = (batch as usize, tokens as usize);
        let ids = Tensor::from_vec(ids, shape, &Device::Cpu)?;
        let (kinds, mask) = (ids.zeros_like()?, Tensor::ones(shape, DType::U32, &Device::Cpu)?);
        bench.run(&format!("minilm_b{batch}_n{tokens}"), 1000, || {
            let features = net.forward(&ids, &kinds, Some(&mask)).unwrap();
            let weights = mask.to_dtype(DType::F32).unwrap().unsqueeze(2).unwrap();
            let sum = features.broadcast_mul(&weights).unwrap().sum(1).unwrap();
            sum.broadcast_div(&weights.sum(1).unwrap()).unwrap()
        });
    }
    Ok(())
}
