"use strict";
// Numbers as the command line writes them: the same in every country, so that two people see the same page.

/** `12,345` */
const thousands = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** `873 B`, `24.2 kB`, `1.32 MB` */
function size(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** `12,345 bytes` */
const exactly = (bytes) => `${thousands(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;

/** `a` as a share of `b`: `17.6 %`. What is there is never shown as nothing. */
function percent(a, b) {
  const share = b === 0 ? 100 : (100 * a) / b;
  return a > 0 && share < 0.05 ? "< 0.1 %" : `${share.toFixed(1)} %`;
}

/** `−1,234`, with a real minus sign: hyphens are too short beside digits. */
const change = (bytes) => (bytes < 0 ? "−" : bytes > 0 ? "+" : "") + thousands(Math.abs(bytes));

/** `1 part`, `2 parts` */
const counted = (count, noun) => `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
