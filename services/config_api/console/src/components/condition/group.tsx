import Box from "@cloudscape-design/components/box";
import Button, { type ButtonProps } from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { pointerOf } from "../../services/condition-faults";
import { type GroupDraft, type ItemDraft, isGroup, MAX_DEPTH, newComparison } from "../../services/conditions";
import { Choice } from "../definition/choice";
import { Comparison } from "./comparison";
import type { ConditionContext } from "./fields";
import { MATCHES, matchOf, withMatch } from "./match";
import "./condition.css";

interface GroupProps {
  group: GroupDraft;
  /** Where it is in the body that is sent. */
  pointer: string;
  /** Where it is for people: "2.1"; the outermost is nowhere. */
  place: string;
  depth: number;
  context: ConditionContext;
  onChange: (group: GroupDraft) => void;
}

/** How conditions go together, and each of them: comparisons, and further groups. */
export function Group({ group, pointer, place, depth, context, onChange }: GroupProps) {
  const { t } = useTranslation();
  const add = useRef<ButtonProps.Ref>(null);
  const [newest, setNewest] = useState<number>();
  const change = (changed: ItemDraft) =>
    onChange({ ...group, items: group.items.map((each) => (each.id === changed.id ? changed : each)) });
  const remove = ({ id }: ItemDraft) => {
    onChange({ ...group, items: group.items.filter((each) => each.id !== id) });
    add.current?.focus(); // what had the focus is gone
  };
  const append = (item: ItemDraft) => {
    setNewest(item.id);
    onChange({ ...group, items: [...group.items, item] });
  };
  return (
    <div className="condition-group">
      <FormField errorText={context.faults.get(pointer)}>
        <div className="condition-match">
          <Choice
            label={t("condition.match")}
            choices={MATCHES}
            text={(match) => t(`condition.matches.${match}`)}
            value={matchOf(group)}
            onChange={(match) => onChange(withMatch(group, match))}
          />
        </div>
      </FormField>
      {group.items.map((item, index) => (
        <Item
          key={item.id}
          item={item}
          pointer={pointerOf(group, pointer, index)}
          place={place === "" ? String(index + 1) : `${place}.${index + 1}`}
          depth={depth + 1}
          context={context}
          newest={item.id === newest}
          onChange={change}
          onRemove={() => remove(item)}
        />
      ))}
      <Adders {...{ add, place, depth, context }} onAdd={append} />
    </div>
  );
}

interface ItemProps extends Omit<GroupProps, "group" | "onChange"> {
  item: ItemDraft;
  newest: boolean;
  onChange: (item: ItemDraft) => void;
  onRemove: () => void;
}

function Item({ item, newest, onChange, onRemove, ...where }: ItemProps) {
  const { t } = useTranslation();
  const { place, pointer, context } = where;
  if (!isGroup(item)) {
    return <Comparison draft={item} {...{ pointer, place, context, newest, onChange, onRemove }} />;
  }
  return (
    <fieldset className="condition-item condition-nested" aria-label={t("condition.group", { place })}>
      <Group group={item} {...where} onChange={onChange} />
      <Button variant="icon" iconName="close" ariaLabel={t("condition.removeGroup", { place })} onClick={onRemove} />
    </fieldset>
  );
}

interface AddersProps extends Pick<GroupProps, "place" | "depth" | "context"> {
  add: React.Ref<ButtonProps.Ref>;
  onAdd: (item: ItemDraft) => void;
}

function Adders({ add, place, depth, context: { nextId, full }, onAdd }: AddersProps) {
  const { t } = useTranslation();
  const named = place !== "";
  const addGroup = () => {
    const id = nextId();
    onAdd({ id, match: "any", negated: false, items: [newComparison(id + 1)] });
  };
  return (
    <Box>
      <div className="condition-adders">
        <Button
          ref={add}
          iconName="add-plus"
          disabled={full}
          {...(named ? { ariaLabel: t("condition.addTo", { place }) } : {})}
          onClick={() => onAdd(newComparison(nextId()))}
        >
          {t("condition.add")}
        </Button>
        <Button
          variant="link"
          disabled={full || depth >= MAX_DEPTH - 1}
          {...(named ? { ariaLabel: t("condition.addGroupTo", { place }) } : {})}
          onClick={addGroup}
        >
          {t("condition.addGroup")}
        </Button>
      </div>
    </Box>
  );
}
