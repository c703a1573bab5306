//! Discovery, values, manifests, findings and restarts.
