import { useEffect } from "react";
import { useNavigate } from "react-router";
import { useNotify } from "../notifications";

/** Opens what was saved and says so, once the page knows that nothing is left to be lost. */
export function useOpenOnceSaved(saved: boolean, path: string, text: string): void {
  const navigate = useNavigate();
  const notify = useNotify();
  useEffect(() => {
    if (saved) {
      notify("success", text);
      void navigate(path);
    }
  }, [saved, path, text, navigate, notify]);
}
