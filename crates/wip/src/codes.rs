//! The stable codes of errors and notes that are not about a line of the Space file.
//!
//! Owns their explanations; those of the Space file are in `wip-space`.

use crate::failure::Failure;

/// A code and what there is to say of it.
pub(crate) struct Explained {
    /// `WIP0210`.
    pub(crate) code: &'static str,
    /// A few words.
    pub(crate) title: &'static str,
    /// What it means and what to do.
    pub(crate) text: &'static str,
}

const fn code(code: &'static str, title: &'static str, text: &'static str) -> Explained {
    Explained { code, title, text }
}

/// All of them, sorted.
pub(crate) const CODES: &[Explained] = &[
    code(
        "WIP0001",
        "a file cannot be read or written",
        "The message names the file and what the system said.",
    ),
    code(
        "WIP0003",
        "a variable is wrong",
        "A `WIP_*` variable has a value that wip does not know; the message names it.",
    ),
    code(
        "WIP0004",
        "an argument is wrong",
        "An address looks like `aws/iam-role:SPACE/NAME`; `wip plan` and `wip state list` print them.",
    ),
    code(
        "WIP0005",
        "the sandbox cannot be used",
        "The embedded clouds could not be started or joined; the message says why. Another folder (`--sandbox=DIR`) starts another one.",
    ),
    code(
        "WIP0199",
        "the Space file is not valid",
        "All its problems are shown at once, each with its own code on its own line.",
    ),
    code(
        "WIP0201",
        "the state cannot be read or written",
        "The system refused; the message says what was and what was not done. Nothing that the journal had is lost. The exit code is 3 where something was done in a cloud before, and 1 where nothing was.",
    ),
    code(
        "WIP0202",
        "the state is not this Space's",
        "The state file is of another Space, or of the sandbox where real clouds are meant. Check `--state`, `--sandbox` and `metadata.name`.",
    ),
    code(
        "WIP0203",
        "the state is newer than this wip",
        "A newer wip wrote it. Upgrade; an older wip never rewrites a newer state.",
    ),
    code(
        "WIP0204",
        "the state cannot be used",
        "It was edited by hand, holds a merge conflict, or does not fit its journal. The message says how to get a good one back.",
    ),
    code(
        "WIP0205",
        "the state changed under this run",
        "Somebody put another state in place while the run went on; the journal is kept.",
    ),
    code(
        "WIP0206",
        "stores in buckets are missing in this wip",
        "This wip was compiled without them.",
    ),
    code(
        "WIP0207",
        "the bucket of the state cannot be used",
        "It is not there, may not be used with these credentials, or does not answer. wip makes no bucket for states.",
    ),
    code(
        "WIP0208",
        "a URL names no place for states",
        "`s3://BUCKET/PREFIX`, `azblob://ACCOUNT/CONTAINER/PREFIX` and `gs://BUCKET/PREFIX` do; the prefix may be left away.",
    ),
    code(
        "WIP0210",
        "another run holds the lock",
        "The message says who. Wait, or give `--lock-timeout SECONDS`. The lock of a folder ends with its process. That of a bucket stays when a machine dies: `wip state unlock ID` takes it away, once you have seen that nothing runs any more.",
    ),
    code(
        "WIP0211",
        "the lock is not taken away",
        "Nobody holds it, another run does than the one that was named, or its process is alive on this machine.",
    ),
    code(
        "WIP0212",
        "the upstream branch has another state",
        "Somebody applied and pushed since this work tree was last brought up to date. Their state says what is there now; `git pull --rebase` takes it in. Only what was fetched is looked at.",
    ),
    code(
        "WIP0213",
        "the lock was taken away",
        "Somebody unlocked the state while this run went on. Everything up to there is done and stored; another run may have written to the clouds at the same time, which `wip plan` shows.",
    ),
    code(
        "WIP0220",
        "the cloud could not be asked",
        "A fact without which nothing can be planned could not be read.",
    ),
    code(
        "WIP0221",
        "a cloud is missing in this wip",
        "This wip was compiled without it.",
    ),
    code(
        "WIP0222",
        "the credentials are of another account",
        "Before anything else wip asks each cloud who the caller is. It is not the account that the file names, or on Azure the tenant, or on Google Cloud the number of the project, so nothing else was asked.",
    ),
    code(
        "WIP0223",
        "the credentials cannot be used",
        "There are none, they are expired, or the cloud refuses them.",
    ),
    code(
        "WIP0224",
        "the state has resources in another account than the Space file names",
        "What is there would be taken for gone, because another account is asked for it. Under `spec.aws.accounts` stands how to reach an account; keep its entry there until what wip made in it is deleted.",
    ),
    code(
        "WIP0230",
        "a file is not a plan that can be applied",
        "It is cut off, was edited, or was printed with `--json` instead of saved with `--out`.",
    ),
    code(
        "WIP0231",
        "the plan cannot be written",
        "A value in it has no JSON form.",
    ),
    code(
        "WIP0232",
        "the plan is stale",
        "The state is no longer the one that the plan builds on. Plan again.",
    ),
    code(
        "WIP0233",
        "the plan is for other clouds",
        "A plan that was made with `--sandbox` is applied with it, and one that was made without is applied without.",
    ),
    code(
        "WIP0234",
        "a saved plan is applied as it is",
        "What it is about and what it may take away was decided when it was made.",
    ),
    code(
        "WIP0240",
        "there is no terminal to ask on",
        "In a pipeline give `--auto-approve`, where the plan was reviewed before.",
    ),
    code(
        "WIP0241",
        "not confirmed",
        "The answer was not the expected one; nothing was done.",
    ),
    code(
        "WIP0242",
        "stopped at once",
        "A second signal, or one while nothing could be saved any more, ends wip without waiting for calls in flight. What was begun stands in the journal; the same command goes on from there.",
    ),
    code(
        "WIP0250",
        "an address is not in the Space file",
        "Only what the file wants can be adopted.",
    ),
    code(
        "WIP0251",
        "the Space file gives another name",
        "A live object can be adopted under the name that the file gives it; write its name into the file.",
    ),
    code(
        "WIP0259",
        "a state that may lack something is not stored",
        "A state is rebuilt from what can be listed and read. What could not be looked at would be in no state, and so be changed and deleted by nobody.",
    ),
    code(
        "WIP0260",
        "an address is not in the state",
        "`wip state list` prints what is.",
    ),
    code(
        "WIP0261",
        "an address can only be renamed within its kind and Space",
        "Another kind is another thing.",
    ),
    code(
        "WIP0262",
        "the state has the address already",
        "Strike it from the state first: `wip state forget`.",
    ),
    code(
        "WIP0263",
        "both ends of a copy are the same",
        "`wip state pull` and `wip state push` copy between where `--state` says and a folder.",
    ),
    code(
        "WIP0264",
        "there is no state to copy",
        "Nothing was applied there yet, or `--state` names another place.",
    ),
    code(
        "WIP0265",
        "a run did not finish where a state would be overwritten",
        "Its journal is about the state that is there. Apply there first; that folds it in.",
    ),
    code(
        "WIP0266",
        "a state is not overwritten",
        "A copy goes on from what it overwrites: the same lineage, and no lower serial.",
    ),
    code(
        "WIP0267",
        "there is a state already",
        "`wip state rebuild` makes a state that was lost; one that is there is brought up to date by `wip apply`.",
    ),
    code(
        "WIP0268",
        "nothing bears the Space's mark",
        "A state is rebuilt from the marks on what wip made. Nothing that the file wants, and nothing that can be listed, bears one.",
    ),
    code(
        "WIP0269",
        "marks of several lineages are found",
        "Two states of the same Space were there once. Each cause names a lineage and what bears its mark; say which one was lost.",
    ),
    code(
        "WIP0270",
        "a code or address is not known",
        "`docs/errors.md` lists all codes; `wip plan` prints all addresses.",
    ),
    code(
        "WIP0280",
        "a cluster is not reached",
        "Nothing says how, or the kubeconfig has no such context. `--context NAME` names one, as does `spec.discovery.context`; within a cluster none is needed. Tokens go to the cluster with each request, so that plain http is for loopback alone.",
    ),
    code(
        "WIP0281",
        "the cluster could not be asked",
        "The cause says which call failed, with the words of the API server. What a command needs is little: see the rights in docs/kubernetes.md.",
    ),
    code(
        "WIP0282",
        "another cluster than the Space file means",
        "The issuer of the cluster's tokens is not the one of the file's cluster, so that its control planes are not this Space's. Taking access from those that are not found there would take it from all.",
    ),
    code(
        "WIP0283",
        "which cluster this is could not be found out",
        "wip compares the issuer of the cluster's tokens with that of the file's cluster before it believes what it reads. Let whoever runs wip read /.well-known/openid-configuration (ClusterRole system:service-account-issuer-discovery), and let it ask the cloud for the issuer, or write `issuer` into the file.",
    ),
    code(
        "WIP0284",
        "there are no Spaces on the cluster",
        "The cluster serves no controlplanes.spaces.upbound.io/v1beta1. An empty list would take all access away, so it is an error.",
    ),
    code(
        "WIP0285",
        "a group is not there",
        "A list of what is in a namespace that is not there is empty, and would take access away.",
    ),
    code(
        "WIP0286",
        "control planes may not all be read",
        "A list that leaves some out would take their access away. Let whoever runs wip list them in all groups, or name those that it may read in spec.discovery.groups.",
    ),
    code(
        "WIP0287",
        "none of the state's control planes is on the cluster",
        "The state gives access to control planes that the file does not list, and the cluster has none of them. It is another cluster, or the groups are others; if they were really all deleted, take `discovery` out of the file.",
    ),
    code(
        "WIP0288",
        "the cluster contradicts itself",
        "Control planes and the labels of their namespaces do not fit: a control plane that has lost its id, or a namespace that says that it is another's. Access is neither given nor taken on such grounds.",
    ),
    code(
        "WIP0289",
        "a workload did not come up again",
        "The rollout was begun and was not done in time. Its pods say why. To run the command again waits for it, and restarts nothing twice.",
    ),
    code(
        "WIP0290",
        "the Space file is left as it is",
        "The list of control planes is written in a way that wip does not rewrite line by line; the causes are the lines that it is to have.",
    ),
    code(
        "WIP0291",
        "something is not in the state yet",
        "Helm values and tokens are about what was applied. Apply first.",
    ),
    code(
        "WIP0292",
        "the chart cannot say it",
        "The Spaces chart has one value for all control planes of a cluster, and writes usage to the root of one bucket. The causes name what the file wants besides.",
    ),
    code(
        "WIP0299",
        "a bug in wip",
        "Please report it with the log (`--log FILE`).",
    ),
    code(
        "WIP0301",
        "something was left out",
        "`--target` plans only what it names and what that needs.",
    ),
    code(
        "WIP0302",
        "is ours already",
        "There was nothing to take over.",
    ),
    code(
        "WIP0303",
        "a wide look was not possible",
        "A listing was refused or incomplete; each thing was read by itself.",
    ),
    code(
        "WIP0304",
        "something was taken from the state unread",
        "With `--refresh=listed` what a listing shows to be the same one is not read, so a change behind wip's back shows only in a plan without it.",
    ),
    code(
        "WIP0305",
        "something is live that means more than it seems to",
        "A trust that asks for no `aud` or for no `sub`, as guides that are followed by hand show it, admits more tokens than those that it names. wip asks for both; the plan says what is narrowed.",
    ),
    code(
        "WIP0306",
        "an account is nearly full, or was not counted",
        "Clouds hold only so many of a thing in one account. What no longer fits is blocked before anything is written; the note and the reason name the ways out. A plan that may not count goes on, and the cloud refuses what does not fit.",
    ),
    code(
        "WIP0307",
        "something of the cluster does not fit",
        "A control plane without an id, a host namespace that is not there, or one whose control plane is gone. It hinders nothing; what cannot be told from it is left out.",
    ),
    code(
        "WIP0370",
        "nothing was applied yet",
        "The cluster cannot have what the cloud does not have.",
    ),
    code(
        "WIP0371",
        "a service account is not there",
        "Components get theirs from the chart, where their values say so; custom workloads bring their own.",
    ),
    code(
        "WIP0372",
        "an annotation is missing or another",
        "The webhooks of AWS and of Azure, and the metadata server of GKE, go by the annotation of the service account, letter by letter. `wip helm-values` writes it where the chart takes it: `annotations` for mxpController, `customAnnotations` for the others.",
    ),
    code(
        "WIP0373",
        "an annotation is misspelt",
        "Guides have several spellings of eks.amazonaws.com/role-arn; webhooks know one.",
    ),
    code(
        "WIP0374",
        "the pods have not the label",
        "Azure's webhook looks at pods with the label azure.workload.identity/use: \"true\" alone; a boolean is none. `wip helm-values --set` says --set-string.",
    ),
    code(
        "WIP0375",
        "a workload must restart",
        "Its pods were made before what they should have. `wip restart` says why, and with --run does it.",
    ),
    code(
        "WIP0376",
        "an annotation leads elsewhere",
        "With it the pods act as a service account of IAM, and access was given to the service account of Kubernetes itself.",
    ),
    code(
        "WIP0377",
        "a custom resource does not fit the identity",
        "A SharedSecretStore with auth.jwt.serviceAccountRef works with IRSA only, and a SharedBackupConfig uses the identity only with credentials.source: InjectedIdentity. `wip manifests` writes both.",
    ),
    code(
        "WIP0378",
        "nothing runs as a service account",
        "What its pods are given is not seen then. Perhaps the workload uses another one.",
    ),
    code(
        "WIP0379",
        "a signing key is not published",
        "The cluster signs tokens with a key that the file does not name, so that clouds refuse them. `wip jwks --read` writes it beside the file.",
    ),
];

/// The explanation of a code, of this table or of the Space file's.
pub(crate) fn explain(name: &str) -> Result<(String, String, String), Failure> {
    all()
        .into_iter()
        .find(|(code, _, _)| code.eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            Failure::new(
                "WIP0270",
                format!("{name} is neither a code nor an address"),
                "docs/errors.md lists all of them",
            )
        })
}

/// Code, title, text of all, sorted by code.
pub(crate) fn all() -> Vec<(String, String, String)> {
    let own = CODES
        .iter()
        .map(|it| (it.code.to_owned(), it.title.to_owned(), it.text.to_owned()));
    let file = wip_space::CODES.iter().map(|it| {
        (
            it.code.to_string(),
            it.title.to_owned(),
            format!("{}\n\n{}", it.explanation, it.example),
        )
    });
    let mut all: Vec<_> = own.chain(file).chain(crate::clouds::codes()).collect();
    all.sort();
    all
}
