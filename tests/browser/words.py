"""What the console says, written by hand in both languages: the words that people look for and click on."""

from collections.abc import Mapping


class _Word:
    """A word in both languages; of somebody's words it is the one of their language."""

    def __init__(self, en: str, de: str) -> None:
        self._texts = {"en": en, "de": de}

    def __get__(self, words: "Words", _: type["Words"]) -> str:
        return self._texts[words.code]


class Words:
    """The words of one language, which `code` names. What stands in braces is filled in by `format`."""

    def __init__(self, code: str) -> None:
        self.code = code

    # every page
    actions_for = _Word("Actions for {name}", "Aktionen für {name}")
    add_property = _Word("+ Add property", "+ Eigenschaft hinzufügen")
    cancel = _Word("Cancel", "Abbrechen")
    close = _Word("Close", "Schließen")
    copied = _Word("Copied", "Kopiert")
    delete = _Word("Delete", "Löschen")
    duplicate = _Word("Duplicate", "Duplizieren")
    edit = _Word("Edit", "Bearbeiten")
    environment = _Word("Environment", "Umgebung")
    close_navigation = _Word("Close the list of pages", "Seitenliste schließen")
    kept = _Word("I have copied it", "Ich habe es kopiert")
    leave = _Word("Leave", "Verlassen")
    leave_title = _Word("Leave this page?", "Diese Seite verlassen?")
    loading = _Word("Loading", "Wird geladen")
    name = _Word("Name", "Name")
    next = _Word("Next", "Weiter")
    next_page = _Word("Next page", "Nächste Seite")
    pause = _Word("Pause", "Anhalten")
    previous = _Word("Previous", "Zurück")
    read_only = _Word(
        "You can look at everything here, but not change it.", "Sie können hier alles ansehen, aber nichts ändern."
    )
    rename = _Word("Rename", "Umbenennen")
    restore = _Word("Restore", "Wiederherstellen")
    resume = _Word("Resume", "Fortsetzen")
    save = _Word("Save", "Speichern")
    stay = _Word("Stay", "Bleiben")
    system = _Word("System", "System")
    # bar above
    account = _Word("Account", "Konto")
    appearance = _Word("Appearance", "Darstellung")
    change_password = _Word("Change password", "Passwort ändern")
    dark = _Word("Dark", "Dunkel")
    language = _Word("Language: English", "Sprache: Deutsch")
    light = _Word("Light", "Hell")
    # sign-in
    password = _Word("Password", "Passwort")
    session_ended = _Word("Your session has ended", "Ihre Sitzung ist beendet")
    sign_in = _Word("Sign in", "Anmelden")
    user_name = _Word("User name", "Benutzername")
    # data integrations
    active = _Word("Active", "Aktiv")
    connection_type = _Word("Connection type", "Verbindungstyp")
    continue_to_setup = _Word("Continue to setup", "Weiter zum Einrichten")
    create_integration = _Word("Create integration", "Integration erstellen")
    data_in = _Word("Data In", "Daten In")
    deleted = _Word("Deleted", "Gelöscht")
    draft = _Word("Draft", "Entwurf")
    end_user_update_api = _Word("End User Update API", "Endbenutzer-Aktualisierungs-API")
    find_integration = _Word("Find by name", "Nach Namen suchen")
    integration_deleted = _Word(
        "“{name}” is deleted. It can be restored.", "„{name}“ ist gelöscht und lässt sich wiederherstellen."
    )
    integration_paused = _Word("“{name}” is paused.", "„{name}“ ist angehalten.")
    integration_restored = _Word("“{name}” is back.", "„{name}“ ist wieder da.")
    integration_resumed = _Word("“{name}” accepts data again.", "„{name}“ nimmt wieder Daten an.")
    integration_type = _Word("Integration type", "Integrationstyp")
    integrations = _Word("Data integrations", "Datenintegrationen")
    paused = _Word("Paused", "Angehalten")
    properties_3 = _Word("3 properties", "3 Eigenschaften")
    # create incoming API integration, and edit it
    copy_access_token = _Word("Copy the access token", "Zugriffstoken kopieren")
    copy_endpoint = _Word("Copy the endpoint", "Endpoint kopieren")
    copy_integration_token = _Word("Copy the integration token", "Integrationstoken kopieren")
    copy_request = _Word("Copy the request", "Anfrage kopieren")
    create_access_token = _Word("Create access token", "Zugriffstoken erstellen")
    create_incoming = _Word("Create incoming API integration", "Eingehende API-Integration erstellen")
    define_integration = _Word("Define the integration", "Integration definieren")
    display_name = _Word("Display name", "Anzeigename")
    get_endpoint = _Word("Get the integration endpoint", "Integrations-Endpoint abrufen")
    integration_endpoint = _Word("Endpoint", "Endpoint")
    integration_saved = _Word("“{name}” is active and accepts data.", "„{name}“ ist aktiv und nimmt Daten an.")
    map_columns = _Word("Map columns", "Spalten zuordnen")
    name_in_payload = _Word("Name in the payload", "Name in den Nutzdaten")
    options = _Word("Options of", "Optionen")
    not_a_number = _Word(
        "The value is not a number in JSON's grammar.", "Der Wert ist keine Zahl in der Schreibweise von JSON."
    )
    properties = _Word("Properties", "Eigenschaften")
    record = _Word("Record {number}", "Datensatz {number}")
    sample_payload = _Word("Sample payload", "Beispiel-Nutzdaten")
    send_a_test = _Word("Send a test", "Test senden")
    test_pending = _Word("Accepted, waiting to be written", "Angenommen, wird gleich geschrieben")
    test_written_one = _Word("Written: 1 of 1 record", "Geschrieben: 1 von 1 Datensatz")
    test_written = _Word("Written: {written} of {count} records", "Geschrieben: {written} von {count} Datensätzen")
    token_placeholder = _Word("YOUR-ACCESS-TOKEN", "IHR-ZUGRIFFSTOKEN")
    type = _Word("Type", "Typ")
    user_id_property = _Word("User ID property", "Benutzer-ID-Eigenschaft")
    # one integration
    added = _Word("Added", "Hinzugefügt")
    integration_changed = _Word("“{name}” is saved.", "„{name}“ ist gespeichert.")
    last_day = _Word("Last 24 hours", "Letzte 24 Stunden")
    map_property = _Word("Map {property}", "{property} zuordnen")
    more_actions = _Word("More actions", "Weitere Aktionen")
    new_token = _Word("The new token", "Das neue Token")
    not_mapped = _Word("Seen, but not mapped", "Gesehen, aber nicht zugeordnet")
    now_mapped = _Word("“{property}” is mapped from now on.", "„{property}“ ist ab jetzt zugeordnet.")
    revoke = _Word("Revoke", "Widerrufen")
    revoke_token = _Word("Revoke the token that ends with {hint}", "Das Token widerrufen, das auf {hint} endet")
    rotate_token = _Word("Rotate the token", "Token rotieren")
    token_copy = _Word("Copy the token", "Token kopieren")
    token_revoked = _Word(
        "The token that ends with {hint} is revoked.", "Das Token, das auf {hint} endet, ist widerrufen."
    )
    tokens = _Word("Tokens", "Token")
    # receipts and profiles
    empty_text = _Word("(empty text)", "(leerer Text)")
    attributes = _Word("Attributes", "Attribute")
    erase = _Word("Erase", "Löschen")
    explain = _Word("Explain {name}", "{name} erklären")
    explained = _Word("Why “{name}” is what it is", "Warum „{name}“ diesen Wert hat")
    integration = _Word("Integration", "Integration")
    more_rejects = _Word("Show more rejects", "Weitere Abweisungen zeigen")
    profiles = _Word("Profiles", "Profile")
    receipts = _Word("Receipts", "Quittungen")
    user_id_begins = _Word("User ID begins with", "Benutzer-ID beginnt mit")
    written = _Word("Written", "Geschrieben")
    # one profile
    held_now = _Word("Held now", "Gilt jetzt")
    lost = _Word("Lost: ", "Unterlegen: ")
    user_erased = _Word("“{user}” is erased.", "„{user}“ ist gelöscht.")
    # segments
    add_condition = _Word("Add condition", "Bedingung hinzufügen")
    attribute = _Word("Attribute", "Attribut")
    comparison = _Word("Comparison", "Vergleich")
    count_again = _Word("Count again", "Neu zählen")
    condition_number = _Word("Condition {number}", "Bedingung {number}")
    create_segment = _Word("Create segment", "Segment erstellen")
    is_at_least = _Word("is at least", "ist mindestens")
    members = _Word("Members", "Mitglieder")
    segment_created = _Word("“{name}” was created.", "„{name}“ ist erstellt.")
    segments = _Word("Segments", "Segmente")
    value = _Word("Value", "Wert")
    who_fits_now = _Word("Who fits now", "Auf wen es jetzt zutrifft")
    # access tokens
    access_tokens = _Word("Access tokens", "Zugriffstoken")
    find_access_token = _Word("Find by name or last characters", "Nach Namen oder letzten Zeichen suchen")
    revoked = _Word("Revoked", "Widerrufen")
    rotate = _Word("Rotate", "Rotieren")
    # attributes
    create_attribute = _Word("Create attribute", "Attribut erstellen")
    # systems
    add_environment = _Word("Add environment to “{name}”", "Umgebung hinzufügen: {name}")
    change = _Word("Edit “{name}”", "„{name}“ bearbeiten")
    create_system = _Word("Create system", "System erstellen")
    find_system = _Word("Find by name or key", "Nach Namen oder Schlüssel suchen")
    rename_system = _Word("Rename “{name}”", "„{name}“ umbenennen")
    # audit log
    audit_contents = _Word("Show what it held", "Inhalt anzeigen")
    older_changes = _Word("Load older changes", "Ältere Änderungen laden")
    # users
    create_user = _Word("Create user", "Benutzer erstellen")
    disable = _Word("Disable", "Sperren")
    find_user = _Word("Find by name", "Nach Name suchen")
    reset_password = _Word("Reset password", "Passwort zurücksetzen")


WORDS: Mapping[str, Words] = {"en": Words("en"), "de": Words("de")}
