import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

type Name = string | undefined;

const Named = createContext<[Name, (name: Name) => void]>([undefined, () => undefined]);

/** Around the pages: those that are one object's say here what it is called. */
export function ObjectNameProvider({ children }: { children: ReactNode }) {
  return <Named value={useState<Name>()}>{children}</Named>;
}

/** Says what the object is called whose page this is: the breadcrumbs name it so as long as the page is there. */
export function useObjectName(name: string): void {
  const [, setName] = useContext(Named);
  useEffect(() => {
    setName(name);
    return () => setName(undefined);
  }, [name, setName]);
}

/** What the object is called whose page is shown; undefined until the page has said so, and on others. */
export function useNameOfObject(): Name {
  return useContext(Named)[0];
}
