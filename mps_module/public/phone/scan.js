// A code by the camera where the browser can read codes, by hand where it cannot (a scanner that types works too).
import { __ } from "./i18n.js";
import { bar, button, field, h, quiet, say, sheet } from "./ui.js";

export function scan(title = __("Scan")) {
    let stop = () => {};
    return sheet(title, (close) => {
        const input = h("input", { type: "text", autocapitalize: "characters", autocomplete: "off", enterkeyhint: "done" });
        const form = h("form", {}, field(__("Or type the code"), input));
        const take = (event) => {
            event?.preventDefault();
            if (input.value.trim()) close(input.value.trim());
        };
        form.addEventListener("submit", take);
        const stage = h("div", { class: "camera" });
        camera(stage, close).then((end) => {
            stop = end;
            if (!stage.isConnected) stop();
        });
        return [stage, form, bar(button(__("Back"), () => close()), button(__("Take the code"), take, "primary"))];
    }).finally(() => stop());
}

async function camera(stage, found) {
    if (!("BarcodeDetector" in self) || !navigator.mediaDevices) {
        stage.append(quiet(__("This browser cannot read codes with the camera.")));
        return () => {};
    }
    let stream;
    try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
        stage.append(quiet(__("The camera is not available.")));
        return () => {};
    }
    const video = h("video", { playsinline: true, muted: true, "aria-label": __("Camera") });
    video.srcObject = stream;
    stage.append(video);
    await video.play();
    const detector = new self.BarcodeDetector();
    let on = true;
    const look = async () => {
        const codes = await detector.detect(video).catch(() => []);
        if (codes.length) found(codes[0].rawValue);
        else if (on) setTimeout(look, 200);
    };
    look();
    return () => {
        on = false;
        stream.getTracks().forEach((track) => track.stop());
    };
}

// A picture from the phone's camera, small enough for a weak signal: JPEG, at most 1280 pixels, as a data URL.
async function shrink(file) {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, 1280 / Math.max(picture.width, picture.height));
    const canvas = h("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.7);
}

// Tells `take` of every picture that a file field was given. Returns a wait for the one that is still made smaller: a big
// photo takes a slow phone seconds, and a thumb is faster.
export function pictureOf(file, take) {
    let making = Promise.resolve();
    const make = async () => {
        const picture = await shrink(file.files[0]).catch(() => "");
        if (picture) take(picture);
        else say(__("This picture could not be read."));
    };
    file.addEventListener("change", () => {
        if (file.files[0]) making = make();
    });
    return () => making;
}
