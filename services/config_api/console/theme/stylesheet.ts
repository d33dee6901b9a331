import { generateThemeStylesheet } from "@cloudscape-design/components/theming";
import { theme } from "./tokens";

export const stylesheet = generateThemeStylesheet({ theme });
