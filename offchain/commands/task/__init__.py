"""``modelchain task``: propose a task file from data, check one, show one."""
