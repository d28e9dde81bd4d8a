// The portal page at /meters: hand in values, see history. Values that do not fit are asked about once more.
frappe.ready(() => {
    const page = document.querySelector(".mps-meters");
    const form = page && page.querySelector("[data-form]");
    if (!form) return;
    const button = form.querySelector("button[type=submit]");
    const doubted = new Set(); // inputs whose value was refused once
    const filled = () => [...form.querySelectorAll("input[data-meter]")].filter((input) => input.value.trim());

    function say(input, state, message) {
        const answer = input.closest(".mps-row").querySelector(".mps-answer");
        answer.className = `mps-answer ${state}`;
        answer.textContent = message;
        answer.hidden = !message;
    }

    function update() {
        const inputs = filled();
        const sure = inputs.length && inputs.every((input) => doubted.has(input));
        button.disabled = !inputs.length;
        button.textContent = sure ? __("They are right, send them") : inputs.length ? __("Send {0}", [inputs.length]) : __("Send");
        return sure;
    }

    form.addEventListener("input", (event) => {
        doubted.delete(event.target);
        if (event.target.dataset.meter) say(event.target, "", "");
        update();
    });

    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const sure = update();
        const inputs = filled();
        const rows = inputs.map((input) => ({
            device: input.closest("[data-device]").dataset.device,
            meter: input.dataset.meter,
            value: input.value.trim(),
        }));
        button.disabled = true;
        try {
            const { message } = await frappe.call({
                method: "mps_module.api.portal.enter",
                args: { rows, day: page.querySelector("[data-day]").value, sure: sure ? 1 : 0 },
            });
            message.forEach((answer, n) => {
                const input = inputs[n];
                say(input, answer.state, answer.message);
                if (answer.state === "refused") doubted.add(input);
                else {
                    doubted.delete(input);
                    input.value = "";
                }
            });
        } finally {
            update();
        }
    });

    page.addEventListener("click", async (event) => {
        const toggle = event.target.closest("[data-history]");
        if (!toggle) return;
        const device = toggle.closest("[data-device]");
        const box = device.querySelector(".mps-history");
        box.hidden = !box.hidden;
        toggle.setAttribute("aria-expanded", String(!box.hidden));
        if (box.hidden) return;
        const { message } = await frappe.call({
            method: "mps_module.api.portal.history",
            type: "GET",
            args: { device: device.dataset.device },
        });
        const table = document.createElement("table");
        for (const read of message) {
            const row = table.insertRow();
            for (const text of [read.day, read.label, read.value, read.kind || read.source]) row.insertCell().textContent = text;
        }
        box.replaceChildren(message.length ? table : document.createTextNode(__("No reads yet.")));
    });

    const search = page.querySelector("[data-search]");
    if (search) {
        search.addEventListener("input", () => {
            const words = search.value.toLowerCase().split(/\s+/);
            for (const device of page.querySelectorAll("[data-device]")) {
                device.hidden = !words.every((word) => device.dataset.words.includes(word));
            }
        });
    }
    update();
});
