//! Searches against the plain definition, and files that are damaged.

mod damage;
mod finding;
