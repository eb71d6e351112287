//! Ops on images `[C, H, W]`, and `flatten`.

use super::{Flow, Lowering};
use crate::onnx::graph::Value;
use crate::onnx::proto::Attribute;
use crate::ops::image::Image;
use crate::ops::{Conv2dOp, Op, PatchesOp, Pool2d, Pool2dOp};
use crate::plan::Axis;

impl Lowering {
    pub(super) fn flatten(&mut self, x: &Flow) -> Value {
        let axes = Op::Flatten(crate::ops::Flatten).output(x.axes);
        let mut sizes = vec![0; axes.leading()];
        sizes.extend(axes.features().map(|features| features as i64));
        self.graph.reshape(&x.value, &sizes)
    }

    pub(super) fn patches(&mut self, op: &PatchesOp, x: &Flow) -> Value {
        let (before, Image { channels, height, width }) = (x.axes.len() - 3, Image::of(&x.axes));
        let (down, across) = (height / op.size, width / op.size);
        let with = |sizes: &[usize]| {
            let mut all = vec![0; before];
            all.extend(sizes.iter().map(|&size| size as i64));
            all
        };
        let cut = self.graph.reshape(&x.value, &with(&[channels, down, op.size, across, op.size]));
        let start = before as i64;
        let order = (0..start).chain([1, 3, 0, 2, 4].map(|place| start + place)).collect();
        let squares = self.graph.transpose(&cut, order);
        self.graph.reshape(&squares, &with(&[down * across, channels * op.size * op.size]))
    }

    pub(super) fn conv2d(&mut self, op: &Conv2dOp, x: &Flow) -> Value {
        let weight = self.weight();
        let bias = op.bias.then(|| self.weight());
        let (kernel, stride, padding) = (op.kernel as i64, op.stride as i64, op.padding as i64);
        let attributes = vec![
            Attribute::ints("kernel_shape", vec![kernel; 2]),
            Attribute::ints("strides", vec![stride; 2]),
            Attribute::ints("pads", vec![padding; 4]),
        ];
        self.on_images(x, Op::Conv2d(*op), |this, images| {
            let inputs: Vec<&Value> = [images, &weight].into_iter().chain(&bias).collect();
            this.graph.node("Conv", &inputs, attributes)
        })
    }

    pub(super) fn pool2d(&mut self, op: &Pool2dOp, x: &Flow) -> Value {
        let size = vec![op.size as i64; 2];
        let attributes =
            vec![Attribute::ints("kernel_shape", size.clone()), Attribute::ints("strides", size)];
        let op_type = match op.kind {
            Pool2d::Max => "MaxPool",
            Pool2d::Avg => "AveragePool",
        };
        self.on_images(x, Op::Pool2d(*op), |this, images| this.graph.node(op_type, &[images], attributes))
    }

    /// ONNX's operators on images take exactly one axis before `[C, H, W]`: it is added, or several become one.
    fn on_images(&mut self, x: &Flow, op: Op, write: impl FnOnce(&mut Self, &Value) -> Value) -> Value {
        match x.axes.len() - 3 {
            0 => {
                let image = self.graph.unsqueeze(&x.value, &[0]);
                let y = write(self, &image);
                let first = self.graph.integers(&[0]);
                self.graph.node("Squeeze", &[&y, &first], Vec::new())
            }
            1 => write(self, &x.value),
            _ => {
                let one_axis = |axes: &[Axis]| {
                    let sizes = axes[axes.len() - 3..].iter().filter_map(|axis| axis.size());
                    [-1].into_iter().chain(sizes.map(|size| size as i64)).collect::<Vec<_>>()
                };
                let images = self.graph.reshape(&x.value, &one_axis(x.axes.as_slice()));
                let y = write(self, &images);
                let output = op.output(x.axes);
                let sizes = self.sizes(output.as_slice());
                self.graph.node("Reshape", &[&y, &sizes], Vec::new())
            }
        }
    }
}
