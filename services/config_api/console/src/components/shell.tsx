import AppLayoutToolbar from "@cloudscape-design/components/app-layout-toolbar";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { generatePath, matchPath, Outlet, useLocation, useNavigate } from "react-router";
import { HOME, type Page, pages } from "../pages";
import { useCan, useUser } from "../services/services";
import { Notifications } from "./notifications";
import { TopBar } from "./top-bar";

/** From this width on (CSS pixels) the navigation has room beside the page. */
const WIDE_PX = 1100;
const SECTIONS = ["data", "administration"] as const;

/** What stands around every page. */
export function Shell() {
  const { t } = useTranslation();
  const user = useUser();
  const navigate = useNavigate();
  const [navigationOpen, setNavigationOpen] = useState(() => window.innerWidth >= WIDE_PX);
  return (
    <>
      <TopBar user={user} onHome={() => void navigate(HOME)} />
      <AppLayoutToolbar
        headerSelector="#top-bar"
        ariaLabels={{
          navigation: t("shell.navigation"),
          navigationToggle: t("shell.openNavigation"),
          navigationClose: t("shell.closeNavigation"),
          notifications: t("shell.notifications"),
        }}
        navigation={<Pages />}
        navigationOpen={navigationOpen}
        navigationWidth={248}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        breadcrumbs={<Breadcrumbs />}
        notifications={<Notifications />}
        content={<Outlet />}
        toolsHide
        maxContentWidth={1440}
      />
    </>
  );
}

function Pages() {
  const { t } = useTranslation();
  const can = useCan();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const items = SECTIONS.map(
    (section): SideNavigationProps.SectionGroup => ({
      type: "section-group",
      title: t(`shell.${section}`),
      items: pages
        .filter((page) => page.section === section && (page.needs === undefined || can(page.needs)))
        .map((page) => ({ type: "link", text: t(page.title), href: page.path })),
    }),
  ).filter((group) => group.items.length > 0);
  const active = lineage(pathname)[0]?.path ?? pathname;
  return (
    <SideNavigation
      activeHref={active}
      items={items}
      onFollow={(event) => {
        event.preventDefault();
        void navigate(event.detail.href);
      }}
    />
  );
}

function Breadcrumbs() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const pages = lineage(pathname);
  const params = matchPath(pages.at(-1)?.path ?? "", pathname)?.params ?? {};
  const items = pages.map((page) => ({ text: t(page.title), href: generatePath(page.path, params) }));
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

/** The page at a path, and those above it; the topmost first. */
function lineage(pathname: string): Page[] {
  const found: Page[] = [];
  let page = pages.find(({ path }) => matchPath(path, pathname) !== null);
  while (page !== undefined && !found.includes(page)) {
    found.unshift(page);
    const above = page.parent;
    page = pages.find(({ path }) => path === above);
  }
  return found;
}
