import AppLayoutToolbar from "@cloudscape-design/components/app-layout-toolbar";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useLocation, useNavigate } from "react-router";
import { HOME, pages } from "../pages";
import { useCan, useUser } from "../services/services";
import { Breadcrumbs } from "./breadcrumbs";
import { lineage } from "./lineage";
import { Notifications } from "./notifications";
import { ObjectNameProvider } from "./object-name";
import { TopBar } from "./top-bar";
import { useWide } from "./use-wide";

/** From this width on (CSS pixels) the navigation has room beside the page. */
const WIDE_PX = 1100;
const SECTIONS = ["data", "administration"] as const;

/** What stands around every page. */
export function Shell() {
  const { t } = useTranslation();
  const user = useUser();
  const navigate = useNavigate();
  const wide = useWide(WIDE_PX);
  const [navigationOpen, setNavigationOpen] = useState(wide);
  useEffect(() => setNavigationOpen(wide), [wide]);
  return (
    <ObjectNameProvider>
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
    </ObjectNameProvider>
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
