//! Programs that must compile, and run. They are modules of the test, so that dfdx is built once.

mod all_ops;
mod attention;
mod attributes;
mod blocks;
mod const_items;
mod f64_build;
mod generic_device;
mod ids_and_sides;
mod images;
mod in_functions;
mod many_items;
mod nested;
mod parameter_names;
mod parameters;
mod raw_names;
mod runtime_axes;
mod stacked_linear_allowed;
mod training;
mod two_layer;
mod weights;
mod without_weights;
