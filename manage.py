#!/usr/bin/env python
"""Django's command line for Doorbell."""

import os
import sys


def main() -> None:
    """Run a command; a wrong setting ends in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        django.setup()
        from shop.serve import start_checks  # imports models

        start_checks.for_a_command(sys.argv[1] if len(sys.argv) > 1 else "help")
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        # A setting is wrong: the operator needs the sentence, not the stack.
        sys.exit(f"doorbell: {problem}")


if __name__ == "__main__":
    main()
