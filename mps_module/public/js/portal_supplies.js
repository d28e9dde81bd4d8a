// The portal page at /supplies: ask for toner, with the dealer's questions asked at once; tell a level.
frappe.ready(() => {
    const page = document.querySelector(".mps-supplies");
    if (!page) return;
    const api = "mps_module.api.portal_supplies.";
    const call = async (method, args) => (await frappe.call({ method: api + method, type: "POST", args })).message;
    const of = (element) => ({
        device: element.closest("[data-device]").dataset.device,
        supply: element.closest("[data-supply]").dataset.supply,
    });
    const answerOf = (element) => element.closest("[data-supply]").querySelector(".mps-answer");

    function say(element, state, message) {
        const answer = answerOf(element);
        answer.className = `mps-answer ${state}`;
        answer.replaceChildren(document.createTextNode(message));
        answer.hidden = !message;
    }

    async function request(button, more = {}) {
        button.disabled = true;
        try {
            const told = await call("request", { ...of(button), ...more });
            if (told.state === "asked") {
                ask(button, told.questions);
                button.disabled = false;
                return;
            }
            say(button, told.state === "requested" ? "taken" : "passed", told.message);
            button.textContent = __("Requested");
        } catch {
            button.disabled = false;
        }
    }

    // The dealer would ask this anyway; the answer goes along with the request.
    function ask(button, questions) {
        const answer = answerOf(button);
        answer.className = "mps-answer asked";
        const list = document.createElement("ul");
        for (const question of questions) list.appendChild(document.createElement("li")).textContent = question;
        const text = document.createElement("textarea");
        text.rows = 2;
        text.placeholder = __("Your answer");
        text.className = "form-control";
        const sure = document.createElement("button");
        sure.type = "button";
        sure.className = "btn btn-sm btn-default";
        sure.textContent = __("Send all the same");
        sure.addEventListener("click", () => request(button, { sure: 1, answer: text.value }));
        answer.replaceChildren(list, text, sure);
        answer.hidden = false;
    }

    page.addEventListener("click", (event) => {
        const button = event.target.closest("[data-request]");
        if (button) request(button);
    });

    page.addEventListener("change", async (event) => {
        const input = event.target.closest("[data-level]");
        if (!input || !input.value.trim()) return;
        const told = await call("enter_level", { ...of(input), level: input.value.trim() });
        say(input, told.state, told.message);
        if (told.state === "taken") input.value = "";
    });

    const search = page.querySelector("[data-search]");
    if (search) {
        search.addEventListener("input", () => {
            const words = search.value.toLowerCase().split(/\s+/);
            for (const device of page.querySelectorAll(".mps-device")) {
                device.hidden = !words.every((word) => device.dataset.words.includes(word));
            }
        });
    }
});
