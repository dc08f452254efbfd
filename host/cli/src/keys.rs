//! `flowhost keys`: creates, lists and revokes the access keys of the HTTP service.

use super::connect;
use super::error::CliError;
use super::options::Options;
use super::output::{Output, print_stderr};
use super::table::format_table;
use super::terminal::Style;
use chrono::{DateTime, Utc};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Subcommand};
use flowhost::ErrorCode;
use flowhost::store::{AccessKey, AccessKeys, KeyOwner, Role, Store};
use flowhost_server::{NewKey, key_json};
use std::time::Duration;
use uuid::Uuid;

/// Time until every host has read a revoked key again.
const REVOCATION: Duration = Duration::from_millis(1100);

/// Keys of one read.
const PAGE: u32 = 1_000;

/// Arguments of `flowhost keys`.
#[derive(Debug, Args)]
#[command(
    about = "Create, list and revoke access keys of the service",
    after_help = "Examples:\n  flowhost keys create --tenant acme --role runtime --name bot\n  \
                  flowhost keys list --tenant acme --json\n  flowhost keys revoke 7k2m4q2w5x7c5v3b"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Create a key, and print its text, which is not stored
    Create(Create),
    /// List keys, without their texts
    List(List),
    /// Revoke a key; no host accepts it afterwards
    Revoke {
        /// The id of the key, its part between the underscores
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// The tenant for which the key acts
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// The role: runtime, editor, administrator or operator
    #[arg(long, value_parser = parse_role)]
    role: Role,

    /// A name for people
    #[arg(long)]
    name: String,

    /// A campaign to which an editor is limited; repeatable
    #[arg(long, value_name = "ID")]
    campaign: Vec<Uuid>,

    /// The time from which the key is not valid, as in 2027-01-31T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    expires: Option<DateTime<Utc>>,

    /// Requests per second of this key
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,

    /// Prints the key with its properties as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct List {
    /// Only keys of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| "use runtime, editor, administrator or operator".to_owned())
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let store = connect::open_store(options).await?;
    match arguments.command {
        KeysCommand::Create(create) => create_key(store.as_ref(), create).await?,
        KeysCommand::List(list) => list_keys(access_keys(store.as_ref())?, list).await?,
        KeysCommand::Revoke { id } => revoke_key(access_keys(store.as_ref())?, &id).await?,
    }
    Ok(store.close().await?)
}

fn access_keys(store: &dyn Store) -> Result<&dyn AccessKeys, CliError> {
    store
        .access_keys()
        .ok_or_else(|| CliError::message("the store has no access keys").with_code(ErrorCode::StoreUnsupported))
}

fn usage(message: &str) -> CliError {
    CliError::usage(super::Arguments::command().error(ErrorKind::ArgumentConflict, message))
}

async fn create_key(store: &dyn Store, create: Create) -> Result<(), CliError> {
    let Create { tenant, role, name, campaign, expires, rate_limit, json } = create;
    let now = Utc::now();
    if (role == Role::Operator) == tenant.is_some() {
        return Err(usage("--role operator takes no --tenant; every other role needs one"));
    }
    if !campaign.is_empty() && role != Role::Editor {
        return Err(usage("--campaign needs --role editor"));
    }
    if expires.is_some_and(|expires| expires <= now) {
        return Err(usage("--expires must be in the future"));
    }
    if let Some(tenant) = &tenant
        && store.configuration(tenant).await?.is_none()
    {
        return Err(
            CliError::message(format!("the tenant {tenant} does not exist")).with_code(ErrorCode::TenantNotFound)
        );
    }
    let NewKey { id, text, hash } = NewKey::generate().map_err(CliError::message)?;
    let key = AccessKey {
        id,
        tenant,
        name,
        role,
        campaigns: Some(campaign).filter(|campaigns| !campaigns.is_empty()),
        rate_limit,
        hash,
        created_at: now,
        created_by: format!("cli:{}", user()),
        expires_at: expires,
        revoked_at: None,
        last_used_at: None,
    };
    if !access_keys(store)?.create_key(&key).await? {
        return Err(CliError::message("the id of the new key exists already; try again"));
    }
    let mut output = Output::new();
    if json {
        let mut object = key_json(&key);
        object.as_object_mut().into_iter().for_each(|members| {
            members.insert("key".to_owned(), text.as_str().into());
        });
        output.write_pretty_json(&object)?;
    } else {
        output.write_line(&text)?;
    }
    output.flush()
}

/// Returns the system's user.
fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

async fn list_keys(keys: &dyn AccessKeys, List { tenant, json }: List) -> Result<(), CliError> {
    let owner = tenant.map(KeyOwner::Tenant);
    let (mut found, mut after): (Vec<AccessKey>, Option<String>) = (Vec::new(), None);
    loop {
        let page = keys.list_keys(owner.as_ref(), after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        found.extend(page);
    }
    let mut output = Output::new();
    if json {
        output.write_pretty_json(&found.iter().map(key_json).collect::<Vec<_>>())?;
    } else {
        let rows = found.iter().map(|key| {
            let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
            let tenant = key.tenant.clone().unwrap_or_default();
            vec![key.id.clone(), tenant, key.role.as_str().to_owned(), key.name.clone(), state.to_owned()]
        });
        let titles = ["ID", "TENANT", "ROLE", "NAME", "STATE"];
        output.write_text(&format_table(&titles, &rows.collect::<Vec<_>>(), Style::stdout()))?;
    }
    output.flush()
}

async fn revoke_key(keys: &dyn AccessKeys, id: &str) -> Result<(), CliError> {
    if !keys.revoke_key(None, id, Utc::now()).await? {
        let message = "the key does not exist, or it is revoked already";
        return Err(CliError::message(message).with_code(ErrorCode::KeyNotFound));
    }
    tokio::time::sleep(REVOCATION).await;
    print_stderr("revoked; no host accepts the key any more");
    Ok(())
}
