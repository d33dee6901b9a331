import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import { useTranslation } from "react-i18next";
import { generatePath, matchPath, useLocation, useNavigate } from "react-router";
import { lineage } from "./lineage";
import { useNameOfObject } from "./object-name";

/** A page whose address ends in a parameter is one object's. */
const OF_OBJECT = /:\w+$/;

/** The pages above the one that is shown, and itself; those of an object are called as it is. */
export function Breadcrumbs() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const name = useNameOfObject();
  const pages = lineage(pathname);
  const params = matchPath(pages.at(-1)?.path ?? "", pathname)?.params ?? {};
  const items = pages.map(({ path, title }) => ({
    text: name !== undefined && OF_OBJECT.test(path) ? name : t(title),
    href: generatePath(path, params),
  }));
  return (
    <BreadcrumbGroup
      ariaLabel={t("shell.breadcrumbs")}
      items={items}
      onFollow={(event) => {
        event.preventDefault();
        void navigate(event.detail.href);
      }}
    />
  );
}
