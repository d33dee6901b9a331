import CloudscapeLink, { type LinkProps } from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";

interface Props {
  to: string;
  variant?: LinkProps.Variant;
  fontSize?: LinkProps.FontSize;
  children: ReactNode;
}

/** A link to another page of the console. */
export function Link({ to, variant = "primary", fontSize = "body-m", children }: Props) {
  const navigate = useNavigate();
  return (
    <CloudscapeLink
      href={to}
      variant={variant}
      fontSize={fontSize}
      onFollow={(event) => {
        event.preventDefault();
        void navigate(to);
      }}
    >
      {children}
    </CloudscapeLink>
  );
}
