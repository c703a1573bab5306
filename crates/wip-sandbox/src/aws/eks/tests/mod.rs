//! The refusals of EKS, one by one, and what it says when it does not refuse.

mod addons;
mod associations;
mod clusters;
