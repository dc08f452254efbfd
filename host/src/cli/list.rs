//! `flowhost tenants`, `campaigns`, `contacts`, `records`, `dnd`: what the store holds.

use super::failed::Failed;
use super::open;
use super::options::Options;
use super::output::{Output, say};
use super::progress::{Progress, counted};
use super::rows::Rows;
use super::table::table;
use super::terminal::Paint;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost::domain::RecordState;
use flowhost::store::{Filter, Page, Store};
use uuid::Uuid;

/// Rows that a person is shown unless told otherwise.
const SCREEN: u32 = 50;

/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// Which rows, and how.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// Only of this campaign
    #[arg(long, value_name = "ID")]
    campaign: Option<Uuid>,

    /// Only of this contact
    #[arg(long, value_name = "ID")]
    contact: Option<Uuid>,

    /// Contacts with an address in this channel, records for such contacts
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,

    /// Records in this state: ready, sent, confirmed, error, expired, dnd, cancelled
    #[arg(long, value_parser = state)]
    state: Option<RecordState>,

    /// Campaigns of this category, records and do-not-disturb entries of its campaigns
    #[arg(long, value_name = "NAME")]
    category: Option<String>,

    /// Contacts linked to this one: those that share a correlator with it
    #[arg(long, value_name = "ID")]
    linked: Option<Uuid>,

    /// At most so many rows; 50 unless --json is given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,

    /// Begin after the row with this id (of do-not-disturb entries: contact/campaign or contact/category)
    #[arg(long, value_name = "ROW")]
    after: Option<String>,

    /// Prints a JSON array of objects: all of them unless --limit is given
    #[arg(long)]
    json: bool,
}

fn state(name: &str) -> Result<RecordState, String> {
    RecordState::from_name(name).ok_or_else(|| {
        let known = RecordState::ALL.map(RecordState::as_str);
        format!("no such state; known are {}", known.join(", "))
    })
}

/// Reads, prints.
pub(super) async fn run<R: Rows>(options: &Options, arguments: Arguments) -> Result<(), Failed> {
    arguments.check::<R>()?;
    let Arguments { tenant, campaign, contact, channel, state, category, linked, limit, after, json } = arguments;
    let filter = Filter { tenant, campaign, contact, channel, state, category, linked };
    let store = open::store(options).await?;
    let walk = Walk::<R>::new(store.as_ref(), filter, after);
    if json { print_json(walk, limit).await } else { print_table(walk, limit.unwrap_or(SCREEN)).await }
}

impl Arguments {
    /// Says which filters do nothing here.
    fn check<R: Rows>(&self) -> Result<(), Failed> {
        if self.linked.is_some() && !R::FILTERS.contains(&"linked") {
            let message = format!("--linked goes with contacts, not with {}", R::NAME);
            let error = super::Arguments::command().error(ErrorKind::ArgumentConflict, message);
            return Err(Failed::usage(error));
        }
        let given = [
            ("campaign", self.campaign.is_some()),
            ("contact", self.contact.is_some()),
            ("channel", self.channel.is_some()),
            ("state", self.state.is_some()),
            ("category", self.category.is_some()),
        ];
        for (filter, _) in given.into_iter().filter(|(filter, given)| *given && !R::FILTERS.contains(filter)) {
            say(&format!("warning: --{filter} says nothing about {}, so it is ignored", R::NAME));
        }
        Ok(())
    }
}

async fn print_json<R: Rows>(mut walk: Walk<'_, R>, limit: Option<u32>) -> Result<(), Failed> {
    let progress = counted("rows listed");
    let (mut output, mut left, mut first) = (Output::new(), limit.unwrap_or(u32::MAX), true);
    output.text("[")?;
    while left > 0 {
        let rows = walk.next(left.min(PAGE)).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            output.text(if std::mem::take(&mut first) { "\n" } else { ",\n" })?;
            output.value(&R::json(row))?;
            progress.iter().for_each(Progress::advance);
        }
        if limit.is_some() {
            left = left.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
    }
    output.text(if first { "]\n" } else { "\n]\n" })?;
    output.flush()
}

async fn print_table<R: Rows>(mut walk: Walk<'_, R>, limit: u32) -> Result<(), Failed> {
    let progress = Progress::begin("listing");
    // One more than is shown tells whether there are more.
    let wanted = limit.saturating_add(1) as usize;
    let mut rows = Vec::new();
    while rows.len() < wanted {
        let missing = u32::try_from(wanted - rows.len()).unwrap_or(u32::MAX);
        let page = walk.next(missing.min(PAGE)).await?;
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    drop(progress);
    let more = rows.len() == wanted;
    rows.truncate(limit as usize);
    let Some(last) = rows.last() else {
        say(&format!("no {}", R::NAME));
        return Ok(());
    };
    let mut output = Output::new();
    output.text(&table(R::HEADINGS, &rows.iter().map(R::cells).collect::<Vec<_>>(), Paint::stdout()))?;
    output.flush()?;
    if more {
        let (tenant, cursor) = (R::tenant(last), R::cursor(last));
        say(&format!(
            "there are more: --tenant {tenant} --after '{cursor}' goes on with this tenant, --json lists all"
        ));
    }
    Ok(())
}

/// A way through a list, tenant by tenant: where it stands is never in doubt, even if tenants share ids.
struct Walk<'s, R> {
    store: &'s dyn Store,
    filter: Filter,
    after: Option<String>,
    /// How it goes on.
    stage: Stage,
    rows: std::marker::PhantomData<fn() -> R>,
}

enum Stage {
    /// With rows of `filter.tenant`, or with tenants; nothing comes after them.
    Last,
    /// With the rows after `after`, wherever that is.
    Find,
    /// With the tenant after this one.
    Tenant(Option<String>),
    /// With this tenant's rows after `after`.
    Within(String),
    Over,
}

impl<'s, R: Rows> Walk<'s, R> {
    fn new(store: &'s dyn Store, filter: Filter, after: Option<String>) -> Self {
        let stage = match &after {
            _ if filter.tenant.is_some() || R::OF_NO_TENANT => Stage::Last,
            Some(_) => Stage::Find,
            None => Stage::Tenant(None),
        };
        Self { store, filter, after, stage, rows: std::marker::PhantomData }
    }

    /// The next rows, at most `limit`; none: there are no more.
    async fn next(&mut self, limit: u32) -> Result<Vec<R::Row>, Failed> {
        loop {
            let tenant = match &self.stage {
                Stage::Over => return Ok(Vec::new()),
                Stage::Last => self.filter.tenant.clone(),
                Stage::Find => None,
                Stage::Within(tenant) => Some(tenant.clone()),
                Stage::Tenant(last) => {
                    let page = Page { after: last.clone(), limit: 1 };
                    let found = self.store.tenants(&Filter::default(), &page).await?.into_iter().next();
                    self.after = None;
                    self.stage = found.map_or(Stage::Over, |tenant| Stage::Within(tenant.id));
                    continue;
                }
            };
            let filter = Filter { tenant, ..self.filter.clone() };
            let page = Page { after: self.after.clone(), limit };
            let rows = R::read(self.store, &filter, &page).await?;
            let over = u32::try_from(rows.len()).is_ok_and(|count| count < limit);
            let last = rows.last().map(|row| (R::tenant(row).to_owned(), R::cursor(row)));
            self.stage = match (std::mem::replace(&mut self.stage, Stage::Over), last) {
                (Stage::Within(tenant), _) if over => Stage::Tenant(Some(tenant)),
                (Stage::Within(tenant), _) => Stage::Within(tenant),
                (Stage::Find, Some((tenant, _))) => Stage::Within(tenant),
                (Stage::Last, Some(_)) if !over => Stage::Last,
                _ => Stage::Over,
            };
            self.after = rows.last().map(R::cursor);
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
    }
}
