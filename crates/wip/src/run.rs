//! What the commands share: the Space file, its store, its clouds, and a plan for it.
//!
//! Owns the order in which a command opens things; prints only what it found of a run that died.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use wip_engine::{Clouds, Survey, View};
use wip_plan::{Address, Cloud, Guardrails, Inputs, Mode, Note, Plan, State};
use wip_space::{Beside, Space};
use wip_state::{Disk, FolderStore, Loaded, Store, Whose};

use crate::args::{DEFAULT_SANDBOX, Global, PlanOptions, Reach, Refresh, RunOptions};
use crate::env::Env;
use crate::failure::{Exit, Failure, FileProblem, Shown};
use crate::git::Tracked;
use crate::key_files;
use crate::signals::Phase;
use crate::terminal::{Terminal, one_line};

/// The largest Space file that is read to its end; a larger one is refused by the parser.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// What every command has.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    /// The options of every command.
    pub(crate) global: &'a Global,
    /// The surroundings.
    pub(crate) env: &'a Env,
    /// Where output goes.
    pub(crate) terminal: &'a Terminal,
}

impl Session<'_> {
    /// Which clouds are meant.
    pub(crate) fn cloud(&self) -> Cloud {
        if self.global.sandbox.is_some() {
            Cloud::Sandbox
        } else {
            Cloud::Real
        }
    }

    /// A command line for the same clouds, state and lock as this one's.
    pub(crate) fn here(&self, command: &str) -> String {
        let mut words = vec![command.to_owned()];
        words.extend(self.global.sandbox.as_ref().map(|dir| {
            match dir == Path::new(DEFAULT_SANDBOX) {
                true => "--sandbox".to_owned(),
                false => format!("--sandbox={}", dir.display()),
            }
        }));
        let places = [("state", &self.global.state), ("lock", &self.global.lock)];
        let given = places
            .iter()
            .filter_map(|(name, place)| Some(format!("--{name} {}", place.as_ref()?)));
        words.extend(given);
        words.join(" ")
    }

    /// The store of a Space.
    pub(crate) fn store(&self, space: &str) -> Result<Box<dyn Store>, Failure> {
        let root = match self.root() {
            Root::Url(url) => return crate::clouds::remote(url, space),
            Root::Folder(folder) => folder,
        };
        let folder = Box::new(self.folder(&root, space)?);
        match &self.global.lock {
            Some(url) => crate::clouds::guarded(folder, url, space),
            None => Ok(folder),
        }
    }

    /// Where the states of all Spaces are.
    fn root(&self) -> Root<'_> {
        match (&self.global.state, &self.global.sandbox) {
            (Some(url), _) if url.contains("://") => Root::Url(url),
            (Some(dir), _) => Root::Folder(PathBuf::from(dir)),
            (None, Some(sandbox)) => Root::Folder(sandbox.join("state")),
            (None, None) => Root::Folder(PathBuf::from("state")),
        }
    }

    /// The store of a Space in a folder of states.
    pub(crate) fn folder(&self, root: &Path, space: &str) -> Result<FolderStore, Failure> {
        Ok(FolderStore::new(root.join(space), disk(self.env)?))
    }

    /// Whose state a Space's is.
    pub(crate) fn whose(&self, space: &str) -> Whose {
        let sandbox = self.cloud() == Cloud::Sandbox;
        Whose {
            space: space.to_owned(),
            cloud: self.cloud(),
            new_lineage: self.env.new_lineage(space, sandbox),
        }
    }
}

/// Where states are.
enum Root<'a> {
    Url(&'a str),
    Folder(PathBuf),
}

/// The disk, or one that ends the process where a test wants it.
fn disk(env: &Env) -> Result<Disk, Failure> {
    #[cfg(debug_assertions)]
    if let Some(point) = &env.kill_at_write {
        let point = point.parse().map_err(|error| {
            Failure::new("WIP0003", "WIP_TEST_KILL_AT_WRITE is no point", "")
                .because(&error as &wip_state::PointError)
        })?;
        return Ok(Disk::killing(point));
    }
    let _ = env;
    Ok(Disk::default())
}

/// A Space file, as read, with what it takes from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its name, for messages.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) text: Vec<u8>,
    /// The files with keys that it names, and what was discovered.
    pub(crate) beside: Beside,
}

impl Source {
    /// Reads a file, to a bound.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::file("read", path, &error);
        let mut text = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE).read_to_end(&mut text))
            .map_err(failed)?;
        let name = path.display().to_string();
        let beside = key_files::read(path, &text).into();
        Ok(Self { name, text, beside })
    }

    /// The Space in it, or all its problems.
    pub(crate) fn parse(&self, color: bool) -> Result<Space, Failure> {
        wip_space::parse_with(&self.name, &self.text, &self.beside).map_err(|problems| {
            let heading = format!("{} is not a valid Space file", self.name);
            let mut failure = Failure::new("WIP0199", heading, "");
            let text = wip_space::render(&problems, &self.name, &self.text, color);
            failure.shown = Some(Box::new(Shown {
                text,
                problems: problems.iter().map(problem).collect(),
            }));
            failure
        })
    }
}

/// A problem of the file, for machines.
fn problem(problem: &wip_space::Problem) -> FileProblem {
    FileProblem {
        code: problem.code.as_str(),
        line: problem.line,
        column: problem.column,
        message: problem.message.clone(),
        help: problem.help.clone(),
    }
}

/// A Space that is open: its store and its clouds are known, nothing was asked yet.
pub(crate) struct Run<'a> {
    /// What every command has.
    pub(crate) session: Session<'a>,
    /// The Space.
    pub(crate) space: Space,
    /// Its file.
    pub(crate) source: Source,
    /// Where its state is.
    pub(crate) store: Box<dyn Store>,
    /// Its clouds.
    pub(crate) clouds: Clouds,
    /// Renames that the file tells of.
    pub(crate) moved: BTreeMap<Address, Address>,
    /// What the reader should know of the clusters that were looked at.
    pub(crate) notes: Vec<Note>,
    /// What it is at.
    pub(crate) phase: Cell<Phase>,
}

impl<'a> Run<'a> {
    /// Opens the Space of `path`.
    pub(crate) async fn open(session: Session<'a>, path: &Path) -> Result<Self, Failure> {
        let source = Source::read(path)?;
        Self::of(session, source).await
    }

    /// Opens the Space of `source`.
    pub(crate) async fn of(session: Session<'a>, source: Source) -> Result<Self, Failure> {
        let space = source.parse(session.terminal.color)?;
        let store = session.store(&space.name)?;
        let clouds = crate::clouds::clouds(&session, &space).await?;
        let moved = space
            .moved
            .iter()
            .map(|(from, to)| Ok((from.parse()?, to.parse()?)))
            .collect::<Result<_, wip_plan::AddressError>>()
            .map_err(|error| Failure::new("WIP0004", "`moved` is wrong", "").because(&error))?;
        Ok(Self {
            session,
            space,
            source,
            store,
            clouds,
            moved,
            notes: Vec::new(),
            phase: Cell::default(),
        })
    }

    /// Opens the Space of `path`, for a command that asks what is wanted: reads the control planes of the
    /// cluster too, where the file says so.
    pub(crate) async fn open_whole(
        session: Session<'a>,
        path: &Path,
        reach: &Reach,
    ) -> Result<Self, Failure> {
        let source = Source::read(path)?;
        Self::of_whole(session, source, reach).await
    }

    /// The same, of `source`; what was discovered for it before is not asked again.
    pub(crate) async fn of_whole(
        session: Session<'a>,
        source: Source,
        reach: &Reach,
    ) -> Result<Self, Failure> {
        let mut run = Self::of(session, source).await?;
        let Some(discovery) = run.space.discovery.clone() else {
            return Ok(run);
        };
        if run.source.beside.discovered.is_some() {
            return Ok(run);
        }
        // What a run that died has left is said where the command itself loads the state.
        let whose = session.whose(&run.space.name);
        let state = run.store.load(&whose).await?.state;
        wip_engine::check(&run.clouds, &run.space, &state).await?;
        let found = crate::clouds::clusters::discover(&run, reach, &discovery, &state).await?;
        run.source.beside.discovered = Some(found.discovered);
        run.notes = found.notes;
        run.space = run.source.parse(session.terminal.color)?;
        Ok(run)
    }

    /// Says that nothing came of a context, where the file does not have control planes read.
    pub(crate) fn remark_context(&self, reach: &Reach) {
        if !reach.context.is_empty() && self.space.discovery.is_none() {
            self.session.terminal.say(
                "no cluster is read: the Space file has no `discovery` that --context would be for",
            );
        }
    }

    /// Does `work` under the lock, waiting for another run at most `timeout` seconds.
    pub(crate) async fn locked<T>(
        &self,
        command: &str,
        timeout: u64,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let command = format!("{command} {}", self.source.name);
        self.session
            .locked(self.store.as_ref(), &command, timeout, &self.phase, work)
            .await
    }

    /// Reads the state, and says what a run that died has left.
    pub(crate) async fn load(&self) -> Result<Loaded, Failure> {
        let whose = self.session.whose(&self.space.name);
        let loaded = self.store.load(&whose).await?;
        if let Some(found) = &loaded.recovered {
            let doubt = match found.in_doubt.as_slice() {
                [] => "nothing is in doubt".to_owned(),
                some => format!(
                    "in doubt, and looked at again: {}",
                    some.iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            self.session.terminal.warn(&format!(
                "an earlier run did not finish, or still goes on; its journal ({} lines) is read with the state; {doubt}",
                found.entries
            ));
        }
        Ok(loaded)
    }

    /// Reads the state for a command that may change it and holds the lock, and removes a
    /// journal that is in it already: the run that wrote it died after it had stored the state.
    pub(crate) async fn load_to_change(&self) -> Result<Loaded, Failure> {
        let loaded = self.load().await?;
        if loaded.leftover {
            self.store.drop_journal().await?;
        }
        Ok(loaded)
    }

    /// Refuses, before anything is done, to go on from a state that is older than the one of the
    /// upstream branch.
    pub(crate) fn check_upstream(&self, options: &RunOptions) -> Result<(), Failure> {
        let Some(tracked) = self.tracked() else {
            return Ok(());
        };
        match tracked.check_upstream() {
            Ok(Err(_)) if options.allow_stale => Ok(()),
            Ok(checked) => checked,
            Err(why) => {
                self.warn_of_git(&why);
                Ok(())
            }
        }
    }

    /// Reminds of a state that others cannot see yet.
    pub(crate) fn remind_to_commit(&self) {
        let Some(tracked) = self.tracked() else {
            return;
        };
        match tracked.is_uncommitted() {
            Ok(true) => self.session.terminal.say(&format!(
                "commit {}: what others plan builds on it",
                tracked.path()
            )),
            Ok(false) => {}
            Err(why) => self.warn_of_git(&why),
        }
    }

    fn tracked(&self) -> Option<Tracked> {
        let Root::Folder(root) = self.session.root() else {
            return None;
        };
        Tracked::of(&root.join(&self.space.name)).unwrap_or_else(|why| {
            self.warn_of_git(&why);
            None
        })
    }

    fn warn_of_git(&self, why: &str) {
        self.session.terminal.warn(&format!(
            "whether git has another state could not be found out: {}",
            one_line(why)
        ));
    }

    /// Looks at everything, for `mode`.
    pub(crate) async fn survey(
        &self,
        state: &State,
        mode: &Mode,
        fresh: &BTreeSet<Address>,
    ) -> Result<Survey, Failure> {
        self.survey_to(Refresh::Full, state, mode, fresh).await
    }

    /// Looks at as much as `refresh` says, for `mode`.
    pub(crate) async fn survey_to(
        &self,
        refresh: Refresh,
        state: &State,
        mode: &Mode,
        fresh: &BTreeSet<Address>,
    ) -> Result<Survey, Failure> {
        let wanting = !matches!(mode, Mode::Destroy { .. });
        Ok(wip_engine::survey(
            &self.clouds,
            &self.space,
            state,
            View {
                moved: &self.moved,
                wanting,
                fresh,
                listed: refresh == Refresh::Listed,
            },
        )
        .await?)
    }

    /// Plans, from what was seen.
    pub(crate) fn plan(
        &self,
        state: &State,
        survey: Survey,
        mode: Mode,
        guardrails: Guardrails,
        target: BTreeSet<Address>,
    ) -> Plan {
        wip_plan::plan(Inputs {
            space: &self.space.name,
            cloud: self.session.cloud(),
            state,
            wants: survey.wants,
            seen: survey.seen,
            strays: survey.strays,
            notes: [self.notes.clone(), survey.notes].concat(),
            rooms: survey.rooms,
            kinds: &self.clouds.kinds(),
            moved: &self.moved,
            guardrails,
            mode,
            target,
        })
    }

    /// What a plan may do unasked: the file's guardrails, and what this run allows besides.
    pub(crate) fn guardrails(&self, options: Option<&PlanOptions>) -> Guardrails {
        Guardrails {
            max_revokes: self.space.guardrails.max_revokes,
            allow_revokes: options.and_then(|options| options.allow_revokes),
            allow_destroy: self.space.guardrails.allow_destroy,
            remove_denies: options.is_some_and(|options| options.remove_denies),
            allow_interruption: options.is_some_and(|options| options.allow_interruption),
        }
    }

    /// The first line of a plan.
    pub(crate) fn heading(&self) -> String {
        let count = self.space.control_planes.len();
        let noun = if count == 1 {
            "control plane"
        } else {
            "control planes"
        };
        let aws = self.space.identities.iter();
        let aws: BTreeSet<String> = aws.map(|identity| identity.account.clone()).collect();
        let azure = self.space.entra.iter();
        let azure: BTreeSet<String> = azure.map(|identity| identity.principal.account()).collect();
        let google = self.space.google.iter();
        let google: BTreeSet<String> = google.map(|identity| identity.home.clone()).collect();
        let accounts: String = [("aws", aws), ("azure", azure), ("gcp", google)]
            .into_iter()
            .filter(|(_, accounts)| !accounts.is_empty())
            .map(|(cloud, accounts)| {
                let accounts = accounts.into_iter().collect::<Vec<_>>().join(", ");
                format!(" · {cloud} {accounts}")
            })
            .collect();
        let sandbox = match self.session.cloud() {
            Cloud::Sandbox => " · sandbox",
            Cloud::Real => "",
        };
        format!("{} · {count} {noun}{accounts}{sandbox}", self.space.name)
    }
}

/// Addresses that were given as arguments.
pub(crate) fn addresses(texts: &[String]) -> Result<BTreeSet<Address>, Failure> {
    texts
        .iter()
        .map(|text| {
            text.parse().map_err(|error| {
                Failure::new(
                    "WIP0004",
                    "an argument is wrong",
                    "wip plan and wip state list print addresses",
                )
                .because(&error as &wip_plan::AddressError)
            })
        })
        .collect()
}

/// How a plan that nobody applies ends a command.
pub(crate) fn exit_of(plan: &Plan, detailed: bool) -> Exit {
    if !plan.blocked.is_empty() {
        Exit::Blocked
    } else if detailed && !plan.steps.is_empty() {
        Exit::Pending
    } else {
        Exit::Done
    }
}
