//! What an attention expands into.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::adapted::Lora;
use super::matrices::Matrix;
use crate::check::{Axis, CheckedOp, Context, Weights, find};
use crate::syntax::Call;

/// An attention whose mistakes are reported.
pub(super) struct Checked {
    pub(super) width: Axis,
    pub(super) outputs: Axis,
    pub(super) heads: Axis,
    pub(super) kv_heads: Axis,
    pub(super) head_dim: Axis,
    pub(super) w_q: Matrix,
    pub(super) w_k: Matrix,
    pub(super) w_v: Matrix,
    pub(super) w_o: Option<Matrix>,
    pub(super) mask: (TokenStream, String),
    pub(super) rope: Option<f64>,
    pub(super) dropout: f64,
    pub(super) lora: Option<Lora>,
}

impl Checked {
    pub(super) fn expand(
        self,
        cx: &mut Context<'_>,
        title: &str,
        call: &Call,
        context: Option<String>,
        bias: bool,
        qk_norm: bool,
    ) -> CheckedOp {
        let span = call.keyword.span();
        let in_plan = |axis: &Axis| axis.tokens().unwrap_or_else(|| quote!(1));
        let (width, outputs) = (in_plan(&self.width), in_plan(&self.outputs));
        let (heads, kv_heads) = (in_plan(&self.heads), in_plan(&self.kv_heads));
        let pair = |matrix: &Matrix| {
            let (rows, columns) = (in_plan(&matrix.rows), in_plan(&matrix.columns));
            quote!([#rows, #columns])
        };
        let (w_q, w_k, w_v) = (pair(&self.w_q), pair(&self.w_k), pair(&self.w_v));
        let w_o = option(self.w_o.as_ref().map(pair));
        let (context, rope) = (option(context), option(self.rope));
        let (mask, dropout) = (&self.mask.0, self.dropout);
        let lora = option(self.lora.as_ref().map(Lora::plan));
        let plan = quote!(Attention(::tensor_core::__private::AttentionOp {
            width: #width, outputs: #outputs, heads: #heads, kv_heads: #kv_heads,
            w_q: #w_q, w_k: #w_k, w_v: #w_v, w_o: #w_o,
            mask: ::tensor_core::__private::Mask::#mask, context: #context, rope: #rope,
            dropout: #dropout, bias: #bias, qk_norm: #qk_norm, lora: #lora
        }));
        let text = self.text(call);
        let matrices = [Some(&self.w_q), Some(&self.w_k), Some(&self.w_v), self.w_o.as_ref()];
        let each = matrices.into_iter().enumerate().zip(["w_q", "w_k", "w_v", "w_o"]);
        let mut fields: Vec<_> = each
            .map(|((which, matrix), name)| {
                (name, matrix.map(|matrix| self.matrix(cx, title, span, (which, matrix), bias)))
            })
            .collect();
        let norm = qk_norm.then(|| {
            let head_dim = cx.axis_width(&self.head_dim, title, span).in_type;
            quote!(RmsNorm<#head_dim,)
        });
        fields.extend([("q_norm", norm.clone()), ("k_norm", norm)]);
        CheckedOp { weights: Weights::Attention(fields), ..CheckedOp::new(call, text, plan) }
    }

    /// The type of a matrix's weights, up to its element.
    fn matrix(
        &self,
        cx: &mut Context<'_>,
        title: &str,
        span: Span,
        (which, matrix): (usize, &Matrix),
        bias: bool,
    ) -> TokenStream {
        let sizes = [&matrix.rows, &matrix.columns].map(|axis| cx.axis_width(axis, title, span).in_type);
        if let Some(adapted) = self.lora.as_ref().and_then(|lora| lora.weights(which, &sizes, bias)) {
            return adapted;
        }
        let [rows, columns] = &sizes;
        if bias { quote!(Linear<#rows, #columns,) } else { quote!(LinearNoBias<#rows, #columns,) }
    }

    /// `attention(512 -> 512, heads: 8, mask: causal)`
    fn text(&self, call: &Call) -> String {
        let mut text = format!("attention({} -> {}", self.width, self.outputs);
        for name in ["heads", "kv_heads"] {
            if let Some(choice) = find(call, name) {
                text += &format!(", {name}: {}", choice.value);
            }
        }
        if !self.mask.1.is_empty() {
            text += &format!(", mask: {}", self.mask.1);
        }
        if let Some(base) = self.rope {
            text += &format!(", rope: {base}");
        }
        if let Some(lora) = &self.lora {
            text += &lora.text();
        }
        text + ")"
    }
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
