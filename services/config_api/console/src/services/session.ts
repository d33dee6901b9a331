import type { SignedIn } from "./schema";

/** `expired`: the session of `user` is over, and their work is still on the screen. */
export type SessionState =
  | { status: "unknown" }
  | { status: "signedOut" }
  | { status: "signedIn"; user: SignedIn }
  | { status: "expired"; user: SignedIn };

/** Who is signed in. The session itself is a cookie that no script can read; the CSRF token is kept in memory only. */
export class SessionStore {
  private state: SessionState = { status: "unknown" };
  private readonly listeners = new Set<() => void>();

  readonly current = (): SessionState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get csrfToken(): string | undefined {
    return this.state.status === "signedIn" ? this.state.user.csrf_token : undefined;
  }

  begin(user: SignedIn): void {
    this.become({ status: "signedIn", user });
  }

  /** The session as it is now; somebody else's is not the one that this page was made for. */
  renew(user: SignedIn): void {
    if (this.state.status === "signedIn") {
      this.become(
        user.id === this.state.user.id ? { status: "signedIn", user } : { status: "expired", user: this.state.user },
      );
    }
  }

  end(): void {
    this.become({ status: "signedOut" });
  }

  expire(): void {
    if (this.state.status === "signedIn") {
      this.become({ status: "expired", user: this.state.user });
    }
  }

  private become(state: SessionState): void {
    this.state = state;
    for (const listener of this.listeners) {
      listener();
    }
  }
}
