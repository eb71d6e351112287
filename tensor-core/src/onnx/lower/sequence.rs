//! Ops on sequences `[n, features]`: positions, a class's token, pools.

use super::{Flow, Lowering};
use crate::onnx::OnnxError;
use crate::onnx::graph::Value;
use crate::onnx::proto::Attribute;
use crate::ops::{Pool, PoolOp, PositionalOp, Positions};
use crate::plan::{Axis, Text};

impl Lowering {
    /// Rows of a table are taken by number where the length is known at run time only, since a runtime then refuses one that
    /// is longer than the table.
    pub(super) fn positional(&mut self, op: &PositionalOp, x: &Flow) -> Result<Value, OnnxError> {
        let table = match op.kind {
            Positions::Learned => self.weight(),
            Positions::Sinusoidal => self.sinusoids(op),
        };
        let positions = x.axes.from_end(2);
        let rows = match positions {
            Axis::Static(n) if n > op.most => {
                let reason = format!("it has {} positions, and the axis is fixed at {n}", op.most);
                let written = crate::ops::Op::Positional(*op).write(Text::new(), None).as_str().to_owned();
                return Err(OnnxError::Item { item: self.graph.path(), op: written, reason });
            }
            Axis::Static(n) if n == op.most => table,
            _ => {
                let places = self.places(positions);
                self.graph.node("Gather", &[&table, &places], vec![Attribute::int("axis", 0)])
            }
        };
        Ok(self.graph.join("Add", &x.value, &rows))
    }

    fn sinusoids(&mut self, op: &PositionalOp) -> Value {
        let angle = |p: usize, i: usize| p as f64 * 10_000f64.powf(-2.0 * (i / 2) as f64 / op.width as f64);
        let value = |p, i: usize| if i.is_multiple_of(2) { angle(p, i).sin() } else { angle(p, i).cos() };
        let values = (0..op.most).flat_map(|p| (0..op.width).map(move |i| value(p, i)));
        self.graph.table(&values.collect::<Vec<_>>(), &[op.most, op.width])
    }

    pub(super) fn class_token(&mut self, x: &Flow) -> Value {
        let token = self.weight();
        let before = x.axes.without_last(2);
        let token = if before.is_empty() {
            self.graph.unsqueeze(&token, &[0])
        } else {
            let one = before.push(Axis::Static(1)).push(x.axes.from_end(1));
            let sizes = self.sizes(one.as_slice());
            self.graph.node("Expand", &[&token, &sizes], Vec::new())
        };
        self.graph.node("Concat", &[&token, &x.value], vec![Attribute::int("axis", -2)])
    }

    pub(super) fn pool(&mut self, op: &PoolOp, x: &Flow) -> Value {
        if op.masked {
            return self.masked_pool(op.kind, x);
        }
        let at = |this: &mut Self, place| {
            let place = this.graph.integer(place);
            this.graph.node("Gather", &[&x.value, &place], vec![Attribute::int("axis", -2)])
        };
        match op.kind {
            Pool::Mean => self.graph.reduce("ReduceMean", &x.value, &[-2], false),
            Pool::Max => self.graph.reduce("ReduceMax", &x.value, &[-2], false),
            Pool::First => at(self, 0),
            Pool::Last => at(self, -1),
        }
    }

    /// Of the positions where the mask counts.
    fn masked_pool(&mut self, kind: Pool, x: &Flow) -> Value {
        let counted = self.counted();
        let float = self.graph.float();
        match kind {
            Pool::Mean => {
                let ones = self.graph.cast(&counted, float);
                let ones = self.graph.unsqueeze(&ones, &[-1]);
                let kept = self.graph.join("Mul", &x.value, &ones);
                let sum = self.graph.reduce("ReduceSum", &kept, &[-2], false);
                let count = self.graph.reduce("ReduceSum", &ones, &[-2], false);
                self.graph.join("Div", &sum, &count)
            }
            Pool::Max => {
                let counted = self.graph.unsqueeze(&counted, &[-1]);
                let lowest = self.graph.number(f64::NEG_INFINITY);
                let kept = self.graph.node("Where", &[&counted, &x.value, &lowest], Vec::new());
                self.graph.reduce("ReduceMax", &kept, &[-2], false)
            }
            Pool::First | Pool::Last => {
                let ones = self.graph.cast(&counted, float);
                let last = i64::from(kind == Pool::Last);
                let order = vec![Attribute::int("axis", -1), Attribute::int("select_last_index", last)];
                let place = self.graph.node("ArgMax", &[&ones], order);
                let each = vec![Attribute::int("batch_dims", x.axes.len() as i64 - 2)];
                self.graph.node("GatherND", &[&x.value, &place], each)
            }
        }
    }
}
