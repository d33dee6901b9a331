import "./short-name.css";

/** A name on two lines at most, whole on hover: people may call anything anything. */
export function ShortName({ text, strong = false }: { text: string; strong?: boolean }) {
  return (
    <span className="short-name" title={text}>
      {strong ? <strong>{text}</strong> : text}
    </span>
  );
}
