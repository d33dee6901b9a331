import { useFormats } from "../services/formats";

/** How long ago a moment was; the moment itself on hover, and for machines. */
export function Ago({ moment }: { moment: string }) {
  const formats = useFormats();
  return (
    <time className="whole" dateTime={moment} title={formats.dateTime(moment)}>
      {formats.ago(moment, new Date())}
    </time>
  );
}
