//! What was written: parsing into a tree with spans, without judgement.
//!
//! A line that cannot be read is reported and skipped, so that the mistakes after it are found as well.

mod attention;
mod axes;
mod call;
mod declaration;
mod item;

pub(crate) use axes::AxesDecl;
pub(crate) use call::{Argument, Call, Choice, Value};
pub(crate) use declaration::{Declaration, Form, Input, SideDecl, parse};
pub(crate) use item::{Body, Branch, Item, ItemKind, Target};
