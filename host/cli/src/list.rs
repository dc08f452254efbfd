//! `flowhost tenants`, `campaigns`, `contacts`, `records`, `dnd`: list the content of the store.

use super::connect;
use super::error::CliError;
use super::options::Options;
use super::output::{Output, print_stderr};
use super::progress::{Progress, progress_counter};
use super::rows::Rows;
use super::table::format_table;
use super::terminal::Style;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost::domain::RecordState;
use flowhost::store::{Filter, Page, Store};
use uuid::Uuid;

/// Default number of rows of a table.
const DEFAULT_ROWS: u32 = 50;

/// Maximum number of rows of one read.
const PAGE_ROWS: u32 = 1_000;

/// Arguments of the list commands.
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

    /// Contacts with an address in this channel, or records of such contacts
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,

    /// Records in this state: ready, sent, confirmed, error, expired, dnd, cancelled
    #[arg(long, value_parser = parse_state)]
    state: Option<RecordState>,

    /// Campaigns of this category, or records and do-not-disturb entries of its campaigns
    #[arg(long, value_name = "NAME")]
    category: Option<String>,

    /// Contacts linked to this one: those that share a correlator with it
    #[arg(long, value_name = "ID")]
    linked: Option<Uuid>,

    /// The maximum number of rows; 50 unless --json is given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,

    /// Starts after the row with this id (for do-not-disturb entries: contact/campaign or contact/category)
    #[arg(long, value_name = "ROW")]
    after: Option<String>,

    /// Prints a JSON array of objects, with all rows unless --limit is given
    #[arg(long)]
    json: bool,
}

fn parse_state(name: &str) -> Result<RecordState, String> {
    RecordState::from_name(name).ok_or_else(|| {
        let known = RecordState::ALL.map(RecordState::as_str);
        format!("the state does not exist; states are {}", known.join(", "))
    })
}

/// Runs the command.
pub(super) async fn run<R: Rows>(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    arguments.check::<R>()?;
    let Arguments { tenant, campaign, contact, channel, state, category, linked, limit, after, json } = arguments;
    let filter = Filter { tenant, campaign, contact, channel, state, category, linked };
    let store = connect::open_store(options).await?;
    let list_cursor = ListCursor::<R>::new(store.as_ref(), filter, after);
    if json {
        print_json(list_cursor, limit).await
    } else {
        print_table(list_cursor, limit.unwrap_or(DEFAULT_ROWS)).await
    }
}

impl Arguments {
    /// Rejects `--linked` and warns of filters that do not apply to this list.
    fn check<R: Rows>(&self) -> Result<(), CliError> {
        if self.linked.is_some() && !R::FILTERS.contains(&"linked") {
            let message = format!("--linked applies to contacts, not to {}", R::NAME);
            let error = super::Arguments::command().error(ErrorKind::ArgumentConflict, message);
            return Err(CliError::usage(error));
        }
        let given = [
            ("campaign", self.campaign.is_some()),
            ("contact", self.contact.is_some()),
            ("channel", self.channel.is_some()),
            ("state", self.state.is_some()),
            ("category", self.category.is_some()),
        ];
        for (filter, _) in given.into_iter().filter(|(filter, given)| *given && !R::FILTERS.contains(filter)) {
            print_stderr(&format!("warning: --{filter} does not apply to {} and is ignored", R::NAME));
        }
        Ok(())
    }
}

async fn print_json<R: Rows>(mut list_cursor: ListCursor<'_, R>, limit: Option<u32>) -> Result<(), CliError> {
    let progress = progress_counter("rows listed");
    let (mut output, mut left, mut first) = (Output::new(), limit.unwrap_or(u32::MAX), true);
    output.write_text("[")?;
    while left > 0 {
        let rows = list_cursor.next_rows(left.min(PAGE_ROWS)).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            output.write_text(if std::mem::take(&mut first) { "\n" } else { ",\n" })?;
            output.write_value(&R::json(row))?;
            progress.iter().for_each(Progress::advance);
        }
        if limit.is_some() {
            left = left.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
    }
    output.write_text(if first { "]\n" } else { "\n]\n" })?;
    output.flush()
}

async fn print_table<R: Rows>(mut list_cursor: ListCursor<'_, R>, limit: u32) -> Result<(), CliError> {
    let progress = Progress::start("listing");
    // One row more than is shown determines whether there are more.
    let requested = limit.saturating_add(1) as usize;
    let mut rows = Vec::new();
    while rows.len() < requested {
        let missing = u32::try_from(requested - rows.len()).unwrap_or(u32::MAX);
        let page = list_cursor.next_rows(missing.min(PAGE_ROWS)).await?;
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    drop(progress);
    let more = rows.len() == requested;
    rows.truncate(limit as usize);
    let Some(last) = rows.last() else {
        print_stderr(&format!("no {}", R::NAME));
        return Ok(());
    };
    let mut output = Output::new();
    output.write_text(&format_table(R::HEADERS, &rows.iter().map(R::columns).collect::<Vec<_>>(), Style::stdout()))?;
    output.flush()?;
    if more {
        let (tenant, cursor) = (R::tenant(last), R::cursor(last));
        print_stderr(&format!(
            "more rows exist: --tenant {tenant} --after '{cursor}' continues with this tenant, --json lists all"
        ));
    }
    Ok(())
}

/// A cursor through a list, tenant by tenant. Its position is unambiguous even if tenants share ids.
struct ListCursor<'s, R> {
    store: &'s dyn Store,
    filter: Filter,
    after: Option<String>,
    /// The position.
    state: CursorState,
    rows: std::marker::PhantomData<fn() -> R>,
}

enum CursorState {
    /// Within the rows of `filter.tenant`, or within the tenants; the list ends after them.
    SingleScope,
    /// Before the rows after `after`, whose tenant is unknown.
    Locate,
    /// Before the tenant after this one.
    NextTenant(Option<String>),
    /// Within this tenant's rows, after `after`.
    InTenant(String),
    Done,
}

impl<'s, R: Rows> ListCursor<'s, R> {
    fn new(store: &'s dyn Store, filter: Filter, after: Option<String>) -> Self {
        let state = match &after {
            _ if filter.tenant.is_some() || R::IS_TENANT_LIST => CursorState::SingleScope,
            Some(_) => CursorState::Locate,
            None => CursorState::NextTenant(None),
        };
        Self { store, filter, after, state, rows: std::marker::PhantomData }
    }

    /// Returns the next rows, at most `limit`; empty at the end of the list.
    async fn next_rows(&mut self, limit: u32) -> Result<Vec<R::Row>, CliError> {
        loop {
            let tenant = match &self.state {
                CursorState::Done => return Ok(Vec::new()),
                CursorState::SingleScope => self.filter.tenant.clone(),
                CursorState::Locate => None,
                CursorState::InTenant(tenant) => Some(tenant.clone()),
                CursorState::NextTenant(last) => {
                    let page = Page { after: last.clone(), limit: 1 };
                    let found = self.store.tenants(&Filter::default(), &page).await?.into_iter().next();
                    self.after = None;
                    self.state = found.map_or(CursorState::Done, |tenant| CursorState::InTenant(tenant.id));
                    continue;
                }
            };
            let filter = Filter { tenant, ..self.filter.clone() };
            let page = Page { after: self.after.clone(), limit };
            let rows = R::read(self.store, &filter, &page).await?;
            let is_last_page = u32::try_from(rows.len()).is_ok_and(|count| count < limit);
            let last = rows.last().map(|row| (R::tenant(row).to_owned(), R::cursor(row)));
            self.state = match (std::mem::replace(&mut self.state, CursorState::Done), last) {
                (CursorState::InTenant(tenant), _) if is_last_page => CursorState::NextTenant(Some(tenant)),
                (CursorState::InTenant(tenant), _) => CursorState::InTenant(tenant),
                (CursorState::Locate, Some((tenant, _))) => CursorState::InTenant(tenant),
                (CursorState::SingleScope, Some(_)) if !is_last_page => CursorState::SingleScope,
                _ => CursorState::Done,
            };
            self.after = rows.last().map(R::cursor);
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
    }
}
