//! What the commands that look at clusters say in a wip that was built without them.

use std::collections::BTreeSet;

use wip_plan::{Note, State};
use wip_space::{Discovered, Discovery};

use crate::args::{Reach, Schema};
use crate::failure::Failure;
use crate::run::Run;

/// As of the other one; there never is any.
pub(crate) struct Planes {
    pub(crate) discovered: BTreeSet<Discovered>,
    pub(crate) notes: Vec<Note>,
}

fn missing() -> Failure {
    let heading = "this wip was built without the side of the clusters";
    Failure::new("WIP0206", heading, "use a wip with the feature `kube`")
}

/// Nothing is read.
pub(crate) async fn discover(
    _: &Run<'_>,
    _: &Reach,
    _: &Discovery,
    _: &State,
) -> Result<Planes, Failure> {
    Err(missing())
}

/// There is none.
pub(crate) fn schema(_: Schema) -> Result<serde_json::Value, Failure> {
    Err(missing())
}

macro_rules! without {
    ($($name:ident: $args:ident),*) => {
        $( pub(crate) mod $name {
            //! Says that it is missing.

            use crate::args::$args;
            use crate::failure::{Exit, Failure};
            use crate::run::Session;

            /// Does nothing.
            pub(crate) async fn run(_: Session<'_>, _: &$args) -> Result<Exit, Failure> {
                Err(super::missing())
            }
        } )*
    };
}

without!(discover: DiscoverArgs, helm_values: HelmValuesArgs, keys: JwksArgs, manifests: ManifestsArgs, restart: RestartArgs);

pub(crate) mod token {
    //! Says that it is missing.

    use wip_plan::State;

    use crate::args::Reach;
    use crate::failure::{Exit, Failure};
    use crate::run::Run;

    /// Tries nothing.
    pub(crate) async fn run(_: &Run<'_>, _: &Reach, _: &State, _: &str) -> Result<Exit, Failure> {
        Err(super::missing())
    }
}

pub(crate) mod verify {
    //! Looks at no cluster.

    use serde::Serialize;
    use wip_plan::{Plan, State};

    use crate::args::Reach;
    use crate::failure::Failure;
    use crate::run::Run;

    /// As of the other one; there never is any.
    #[derive(Serialize)]
    pub(crate) struct Looked {}

    impl Looked {
        pub(crate) fn is_well(&self) -> bool {
            true
        }

        pub(crate) fn show(&self, _: &Run<'_>) {}

        pub(crate) fn in_words(&self) -> String {
            String::new()
        }
    }

    /// Refuses where a cluster is meant.
    pub(crate) async fn look_at_all(
        run: &Run<'_>,
        reach: &Reach,
        _: &State,
    ) -> Result<Vec<Looked>, Failure> {
        match reach.context.is_empty() && run.space.discovery.is_none() {
            true => Ok(Vec::new()),
            false => Err(super::missing()),
        }
    }

    /// The plan alone.
    pub(crate) fn document(plan: &Plan, _: Vec<Looked>) -> impl Serialize + '_ {
        plan
    }
}
