"""Messages to people: something waits for you, a critical fault, a job that failed, stale data.

A message is written in the transaction of what it tells of (`outbox`), and sent afterwards by whoever delivers
(`deliver`): as a digest, to the channels that the person chose (`channels`), after asking once more whether the person
may see it. E-mail and chat go through apprise (`post`), webhooks are signed and guarded (`webhook`).
"""
