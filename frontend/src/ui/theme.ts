import { createTheme } from "@mantine/core";

import { t } from "@/language/translate";
import { DECIMAL_SIGN } from "@/ui/format";


export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: 9, // white on a lighter teal is below the contrast of WCAG AA
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  headings: { fontWeight: "650" },
  components: {
    // What scrolls can be scrolled by keyboard.
    ScrollArea: { defaultProps: { viewportProps: { tabIndex: 0 } } },
    Modal: { defaultProps: () => ({ closeButtonProps: { "aria-label": t("Close") } }) },
    NumberInput: { defaultProps: { decimalSeparator: DECIMAL_SIGN } },
    // In a text colour alone would tell a link.
    Anchor: { defaultProps: { underline: "always" } },
  },
});

/** A class's colour as CSS, to be told from the ground: a dark one is lighter where the page is dark. */
export const onGround = (colour: string): string => `light-dark(${colour}, color-mix(in oklab, ${colour}, white 35%))`;
