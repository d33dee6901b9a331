import { useEffect } from "react";

/** Leads to the first field that is wrong, which may be out of sight: what is `missing`, or was `refused` once more. */
export function useFocusOnFault(missing: boolean, refused: number): void {
  useEffect(() => {
    if (missing || refused > 0) {
      document.querySelector<HTMLElement>("main [aria-invalid='true']")?.focus();
    }
  }, [missing, refused]);
}
