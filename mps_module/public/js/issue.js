// Issue as a service call: what it is for, who pays, its clock, and what is known of the device.
const PAYER_COLOURS = { Included: "green", Incident: "orange", Billable: "red" };
const CLOCK_COLOURS = { Running: "blue", "At Risk": "orange", Late: "red", "On Hold": "gray", Kept: "green", Missed: "red" };
const KINDS = [["labour", __("Labour")], ["travel", __("Travel")], ["parts", __("Parts")], ["supplies", __("Supplies")]];
const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
const link = (doctype, name, text) => `<a href="${frappe.utils.get_form_link(doctype, name)}">${esc(text || name)}</a>`;
const pill = (text, colour) => `<span class="indicator-pill ${colour}">${esc(text)}</span>`;
// frappe.xcall takes no method in v15.
const get = async (name, args) => (await frappe.call({ method: `mps_module.api.service.${name}`, args, type: "GET" })).message;
const when = (at) => (at ? frappe.datetime.str_to_user(at) : "");

frappe.ui.form.on("Issue", {
    setup(frm) {
        frm.set_query("mps_device", () => (frm.doc.customer ? { filters: { customer: frm.doc.customer } } : {}));
    },

    refresh(frm) {
        frm.add_custom_button(__("Find Device"), () => find_unit(frm));
        if (frm.is_new()) return;
        const ended = ["Resolved", "Closed"].includes(frm.doc.status);
        if (!ended) frm.add_custom_button(__("Fixed Remotely"), () => fixed_remotely(frm), __("Actions"));
        frm.add_custom_button(__("Decide Coverage Again"), () => decide_again(frm), __("Actions"));
        if (has_unit(frm.doc)) frm.add_custom_button(__("Maintenance Visit"), () => new_visit(frm), __("Create"));
        if (frm.doc.mps_device) frm.add_custom_button(__("Warranty Claim"), () => claim(frm), __("Create"));
        if (frm.doc.mps_device) frm.add_custom_button(__("Supply Request"), () => new_request(frm), __("Create"));
        show(frm);
    },

    mps_device: fill_in,
    mps_asset: fill_in,
    mps_unit_label: fill_in,
});

const has_unit = (doc) => Boolean(doc.mps_device || doc.mps_asset || doc.mps_unit_label);

async function fill_in(frm) {
    if (frm.doc.mps_device && !frm.doc.customer) {
        const { message } = await frappe.db.get_value("MPS Device", frm.doc.mps_device, "customer");
        if (message.customer) await frm.set_value("customer", message.customer);
    }
    if (has_unit(frm.doc)) show(frm);
}

function find_unit(frm) {
    const dialog = new frappe.ui.Dialog({
        title: __("What Is the Call For?"),
        size: "large",
        fields: [
            {
                fieldname: "txt",
                fieldtype: "Data",
                label: __("Serial number, asset tag, id, sticker, customer or model"),
                description: __("A scanned code may be put in as it is."),
            },
            { fieldname: "found", fieldtype: "HTML" },
        ],
    });
    const box = dialog.fields_dict.found.$wrapper;
    let asked = 0;
    const search = async () => {
        const mine = ++asked;
        const args = { txt: dialog.get_value("txt") || "", customer: frm.doc.customer || "" };
        const rows = await get("candidates", args);
        if (mine === asked) draw(rows);
    };
    const draw = (rows) => {
        const cells = (row) => [row.name, row.label, row.customer_name, row.hint].map((text) => `<td>${esc(text)}</td>`).join("");
        box.html(
            rows.length
                ? `<table class="table table-hover">${rows.map((row, n) => `<tr tabindex="0" role="button" data-n="${n}">${cells(row)}</tr>`).join("")}</table>`
                : `<p class="text-muted">${__("Nothing found. Look by customer, or open the call without a device.")}</p>`
        );
        box.find("tr").on("click keydown", function (event) {
            if (event.type === "keydown" && event.key !== "Enter") return;
            choose(rows[this.dataset.n]);
        });
    };
    const choose = async (row) => {
        dialog.hide();
        if (row.customer && row.customer !== frm.doc.customer) await frm.set_value("customer", row.customer);
        const field = { Device: "mps_device", Asset: "mps_asset", Seat: "mps_unit_label" }[row.kind];
        for (const other of ["mps_device", "mps_asset", "mps_unit_label"]) {
            await frm.set_value(other, other === field ? row.name : null);
        }
    };
    dialog.fields_dict.txt.$input.on("input", frappe.utils.debounce(search, 250));
    dialog.show();
    search();
}

function fixed_remotely(frm) {
    const fields = [
        {
            fieldname: "at",
            fieldtype: "Datetime",
            label: __("Fixed At"),
            default: frappe.datetime.now_datetime(),
            reqd: 1,
            description: __("It counts as the response and ends the call."),
        },
    ];
    frappe.prompt(fields, async ({ at }) => {
        await frappe.xcall("mps_module.api.service.fixed_remotely", { issue: frm.doc.name, at });
        frm.reload_doc();
    }, __("Fixed Remotely"), __("Done"));
}

async function decide_again(frm) {
    const { note } = await frappe.xcall("mps_module.api.service.decide_again", { issue: frm.doc.name });
    await frm.reload_doc();
    frappe.show_alert({ message: esc(note).replace(/\n/g, "<br>"), indicator: "blue" }, 10);
}

function new_visit(frm) {
    const { name, customer, company, contact, mps_device, mps_asset, mps_contract, mps_problem_code } = frm.doc;
    frappe.new_doc("Maintenance Visit", {
        mps_issue: name, customer, company, contact_person: contact, mps_device, mps_asset, mps_contract, mps_problem_code,
        maintenance_type: "Breakdown",
    });
}

function new_request(frm) {
    frappe.new_doc("MPS Supply Request", { device: frm.doc.mps_device, issue: frm.doc.name });
}

async function claim(frm) {
    const name = await frappe.xcall("mps_module.api.service.warranty_claim", { issue: frm.doc.name });
    frappe.set_route("Form", "Warranty Claim", name);
}

async function show(frm) {
    const asked = frm.doc.name;
    const { mps_device, mps_asset, mps_unit_label, customer, opening_date, mps_problem_code } = frm.doc;
    if (!has_unit(frm.doc) && frm.is_new()) return;
    const values = JSON.stringify({ mps_device, mps_asset, mps_unit_label, customer, opening_date, mps_problem_code });
    const changed = frm.is_new() || frm.is_dirty();
    const args = changed ? { values } : { issue: frm.doc.name };
    const facts = await get("call_panel", args);
    if (frm.doc.name !== asked) return;
    const html = [coverage(facts.coverage), clock(facts.clock), device(facts), reads(facts.reads), toner(facts.toner), parts(facts.parts)]
        .filter(Boolean)
        .join("");
    frm.mps_section?.closest(".form-dashboard-section").remove();
    frm.mps_section = html ? frm.dashboard.add_section(`<div class="mps-call">${html}</div>`, __("The Call")) : null;
    if (html) frm.dashboard.show();
}

const block = (title, html) => `<div style="margin: 6px 0"><b>${title}</b> ${html}</div>`;

function coverage(told) {
    if (!told?.labour) return "";
    const pills = KINDS.map(([kind, label]) => pill(`${label}: ${__(told[kind])}`, PAYER_COLOURS[told[kind]])).join(" ");
    const contract = told.contract ? link("Click Contract", told.contract) : "";
    return block(__("Who pays"), `${pills} ${contract}<div class="text-muted small" style="white-space: pre-line">${esc(told.note)}</div>`);
}

function clock(told) {
    if (!told?.sla) return "";
    const one = (label, state, due, done) =>
        `${label} ${state ? pill(__(state), CLOCK_COLOURS[state]) : ""} <span class="text-muted">${done ? __("at {0}", [when(done)]) : ""} ${due ? __("due {0}", [when(due)]) : ""}</span>`;
    const warning = told.other_agreement
        ? `<div class="text-warning small">${__("Another agreement took this call: give it a condition, or make it the default.")}</div>`
        : "";
    return block(
        link("Service Level Agreement", told.sla),
        `${one(__("Response"), told.response, told.respond_by, told.responded_at)} · ${one(__("Restore"), told.restore, told.restore_by, told.restored_at)}${warning}`
    );
}

function device({ device: row, history }) {
    if (!row) return "";
    const place = [row.device_model, row.serial_no_text, row.asset_tag, row.site, row.department].filter(Boolean).map(esc).join(" · ");
    const lines = history.map((call) => {
        const codes = [call.mps_problem_code, call.cause, call.repair].filter(Boolean).map(esc).join(" → ");
        const state = __(call.outcome || call.status);
        return `<li>${when(call.opening_date)} ${link("Issue", call.name, call.subject)} <span class="text-muted">${[esc(state), codes, call.visits > 1 ? __("{0} visits", [call.visits]) : ""].filter(Boolean).join(" · ")}</span></li>`;
    });
    const before = lines.length ? `<ul style="margin: 2px 0 0; padding-left: 18px">${lines.join("")}</ul>` : ` <span class="text-muted">${__("no call before")}</span>`;
    return block(link("MPS Device", row.name), `${place}${before}`);
}

function reads(rows) {
    if (!rows?.length) return "";
    const told = rows.map((row) => `${link(row.doctype, row.name, `${row.meter || ""} ${row.value ?? ""}`)} <span class="text-muted">${when(row.taken_at)} ${esc(row.message)}</span>`);
    return block(__("Reads to look at"), told.join("<br>"));
}

function toner(rows) {
    const known = (rows || []).filter((row) => row.level !== null || row.days_left !== null || row.request);
    if (!known.length) return "";
    const told = known.map((row) => {
        const left = row.days_left === null ? "" : __("{0} days", [Math.round(row.days_left)]);
        return `${esc(row.colour || row.item_name)} ${[row.level === null ? "" : `${row.level} %`, left, row.request ? link("MPS Supply Request", row.request) : ""].filter(Boolean).join(", ")}`;
    });
    return block(__("Toner"), told.join(" · "));
}

function parts(rows) {
    if (!rows?.length) return "";
    const told = rows.map((row) => {
        const aboard = row.trunks.length
            ? row.trunks.map((one) => `${link("Trunk Stock", one.trunk, one.title)} ${format_number(one.qty, null, 0)}`).join(", ")
            : `<span class="text-warning">${__("on no trunk")}</span>`;
        return `<li>${link("Item", row.item)} ${esc(row.item_name === row.item ? "" : row.item_name)} <span class="text-muted">${__("{0} calls", [row.calls])}</span>: ${aboard}</li>`;
    });
    return block(__("Parts such calls needed"), `<ul style="margin: 2px 0 0; padding-left: 18px">${told.join("")}</ul>`);
}
