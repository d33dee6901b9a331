import Select from "@cloudscape-design/components/select";

interface ChoiceProps<Value extends string> {
  choices: readonly Value[];
  text: (choice: Value) => string;
  describe?: (choice: Value) => string;
  value: Value;
  onChange: (value: Value) => void;
  disabled?: boolean;
  /** Its name, where no field around it has one. */
  label?: string;
}

/** One of a few values, with their names. */
export function Choice<Value extends string>({
  choices,
  text,
  describe,
  value,
  onChange,
  disabled,
  label,
}: ChoiceProps<Value>) {
  const options = choices.map((choice) => ({
    value: choice,
    label: text(choice),
    ...(describe === undefined ? {} : { description: describe(choice) }),
  }));
  return (
    <Select
      options={options}
      selectedOption={{ value, label: text(value) }}
      disabled={disabled ?? false}
      {...(label === undefined ? {} : { ariaLabel: label })}
      expandToViewport
      onChange={({ detail }) => onChange(choices.find((choice) => choice === detail.selectedOption.value) ?? value)}
    />
  );
}
