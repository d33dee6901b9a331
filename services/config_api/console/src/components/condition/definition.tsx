import { useTranslation } from "react-i18next";
import { type GroupDraft, isGroup } from "../../services/conditions";
import { matchOf } from "./match";
import type { ConditionWords } from "./words";
import "./condition.css";

/** A condition in words, group by group. */
export function Definition({ group, words }: { group: GroupDraft; words: ConditionWords }) {
  const { t } = useTranslation();
  return (
    <div className="said">
      <div className="said-match">{t(`condition.matches.${matchOf(group)}`)}</div>
      <ul>
        {group.items.map((item) => (
          <li key={item.id}>
            {isGroup(item) ? (
              <Definition group={item} words={words} />
            ) : (
              <span className="anything">
                <strong>{words.name(item.attribute)}</strong> {words.predicate(item)}
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
