// A signature by finger, pen or mouse: black on white in every look, kept as a small PNG.
import { __ } from "./i18n.js";
import { button, h, id } from "./ui.js";

export function pad(before, changed) {
    const canvas = h("canvas", { class: "pad", width: 640, height: 240, role: "img", tabindex: "-1" });
    const hint = h("small", { id: id() }, __("Sign here. Who cannot sign on glass is named above."));
    canvas.setAttribute("aria-label", __("Signature"));
    canvas.setAttribute("aria-describedby", hint.id);
    const pen = canvas.getContext("2d");
    const clear = () => {
        pen.fillStyle = "#fff";
        pen.fillRect(0, 0, canvas.width, canvas.height);
        Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
    };
    clear();
    if (before) {
        const image = new Image();
        image.onload = () => pen.drawImage(image, 0, 0);
        image.src = before;
    }
    const at = (event) => {
        const box = canvas.getBoundingClientRect();
        return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
    };
    let drawing = false;
    canvas.addEventListener("pointerdown", (event) => {
        drawing = true;
        canvas.setPointerCapture(event.pointerId);
        pen.beginPath();
        pen.moveTo(...at(event));
        pen.lineTo(...at(event));
        pen.stroke();
    });
    canvas.addEventListener("pointermove", (event) => {
        if (!drawing) return;
        for (const each of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) pen.lineTo(...at(each));
        pen.stroke();
    });
    const end = () => {
        if (drawing) changed(canvas.toDataURL("image/png"));
        drawing = false;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    const again = button(__("Clear the signature"), () => {
        clear();
        changed("");
    }, "wide");
    return h("div", { class: "field" }, canvas, hint, again);
}
